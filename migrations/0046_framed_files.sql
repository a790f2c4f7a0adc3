-- The packages that the catalog frames around stored binaries (src/domain/releases/framing): what is summed is what is served.
CREATE TABLE framed_files (
  artifact_id TEXT NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
  -- The name of the format's framing: deb.
  format TEXT NOT NULL,
  filename TEXT NOT NULL,
  -- Of the whole framed file.
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  -- The object in R2 with all bytes of the file that are not the binary's.
  frame_key TEXT NOT NULL UNIQUE,
  frame_size INTEGER NOT NULL,
  frame_sha256 TEXT NOT NULL,
  -- The pieces in order: a number is so many bytes of the frame, a pair is the offset and length of a range of the binary.
  layout TEXT NOT NULL CHECK (json_valid(layout)),
  -- Everything that the format's listings tell about the file.
  listing TEXT NOT NULL CHECK (json_valid(listing)),
  -- The fingerprint of the OpenPGP key that signed the file. Null: it has no signature inside.
  signed_by TEXT,
  framed_at INTEGER NOT NULL,
  last_change TEXT NOT NULL,
  PRIMARY KEY (artifact_id, format)
) STRICT;

-- The sums of packages while a large file is checked: {pass, at, formats}. Null before the first slice, and without a framing.
ALTER TABLE artifact_checks ADD COLUMN framing TEXT CHECK (json_valid(framing));
