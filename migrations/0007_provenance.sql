-- How often a release has been moved or gained provenance since it was drafted. The sum over a worker's releases is the serial
-- of its signed index: it only grows, because no release that was published is ever deleted.
ALTER TABLE releases ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- What a builder attests of a release's files (in-toto, SLSA). R2 has its text under `provenance/<sha256>`.
CREATE TABLE provenance (
  release_id TEXT PRIMARY KEY REFERENCES releases (id),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  size INTEGER NOT NULL CHECK (size > 0),
  -- [{name, sha256}]: the files that it speaks of, checked again when a draft is published.
  subjects TEXT NOT NULL CHECK (json_valid(subjects)),
  attached_at INTEGER NOT NULL
) STRICT;

-- The edge copy gains the serial.
INSERT INTO outbox SELECT 'chg_migration_0007_' || worker_id, 'manifest', worker_id, unixepoch()
  FROM (SELECT DISTINCT worker_id FROM releases WHERE status <> 'draft');
