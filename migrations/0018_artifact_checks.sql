-- The check of a large file: it reads the file in steps, and keeps here what the next step needs. A file that is ready has no row.
CREATE TABLE artifact_checks (
  artifact_id TEXT PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
  -- The upload that is checked. A check of an upload that the artifact no longer has ends without a result.
  upload_id TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'refused')),
  -- The last request for the check: its actor, and the signatures that it gave or found.
  actor TEXT NOT NULL,
  request_id TEXT,
  requested_at INTEGER NOT NULL,
  signature TEXT,
  pgp_signature TEXT,
  -- R2's name for the assembled bytes; null until the first step has assembled the parts.
  etag TEXT,
  -- The bytes that are hashed, and the states of both hashes after them, in base64.
  checked INTEGER NOT NULL DEFAULT 0,
  blake2b512 TEXT,
  sha256 TEXT,
  progressed_at INTEGER NOT NULL,
  -- The refusal as JSON: {code, detail, errors}.
  problem TEXT CHECK (json_valid(problem))
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_checks_by_progress ON artifact_checks (progressed_at) WHERE state = 'running';
