-- The images below those of workers whose programs need other files, such as a C library (src/domain/releases/framing/image-base.ts).
CREATE TABLE image_bases (
  -- cpu, cuda or rocm: the workers that it is for.
  backend TEXT NOT NULL,
  platform TEXT NOT NULL,
  -- {name, digest, layers, env} of an image whose layers R2 has.
  base TEXT NOT NULL CHECK (json_valid(base)),
  set_at INTEGER NOT NULL,
  PRIMARY KEY (backend, platform)
) STRICT;
