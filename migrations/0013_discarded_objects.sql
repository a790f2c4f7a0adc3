-- What R2 holds and the ledger has stopped naming, or has yet to name: written in the transaction that drops a file, and before an
-- object that is to be named. Whoever drops a file frees it at once; the cron frees what was cut short.
CREATE TABLE discarded_objects (
  object_key TEXT PRIMARY KEY,
  -- The upload that may still be open; null for an object that was written whole.
  upload_id TEXT,
  discarded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A key of its own for every text, as files have: no object is written again that is about to be freed.
ALTER TABLE provenance ADD COLUMN object_key TEXT NOT NULL DEFAULT '';
UPDATE provenance SET object_key = 'provenance/' || sha256;

-- The edge copy gains the key.
INSERT INTO outbox SELECT 'chg_migration_0013_' || worker_id, 'manifest', worker_id, unixepoch()
  FROM (SELECT DISTINCT worker_id FROM releases JOIN provenance ON release_id = releases.id WHERE status <> 'draft');
