-- Packages beside binaries: a release may have one of each for a platform. What a file is follows from its name
-- (src/releases/artifact-kind.ts).
ALTER TABLE artifacts ADD COLUMN kind TEXT NOT NULL DEFAULT 'binary' CHECK (kind IN ('binary', 'package'));
-- The detached OpenPGP signature of its packager, in base64, as it came: pacman judges it, not we.
ALTER TABLE artifacts ADD COLUMN pgp_signature TEXT;
DROP INDEX artifacts_by_platform;
CREATE UNIQUE INDEX artifacts_by_platform ON artifacts (release_id, platform, kind);

-- What a pacman database says of a package beyond its artifact: apart, because a file list may be long and listings of
-- artifacts have no use for it.
CREATE TABLE packages (
  artifact_id TEXT PRIMARY KEY REFERENCES artifacts (id),
  pkginfo TEXT NOT NULL,
  files TEXT NOT NULL CHECK (json_valid(files))
) STRICT;
