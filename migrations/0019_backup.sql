-- Backups (src/domain/backup), and rows of bounded size.

-- The contents of a package as pieces of its JSON, in order: at most 20,000 characters each. A statement of D1 has at most
-- 100,000 bytes, and an export writes each row as one statement, so a row with a whole file list could not be restored.
CREATE TABLE package_contents (
  artifact_id TEXT NOT NULL REFERENCES packages (artifact_id),
  part INTEGER NOT NULL CHECK (part >= 0),
  text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 20000),
  PRIMARY KEY (artifact_id, part)
) STRICT, WITHOUT ROWID;
INSERT INTO package_contents (artifact_id, part, text)
  WITH RECURSIVE piece (artifact_id, part, rest) AS (
    SELECT artifact_id, 0, contents FROM packages
    UNION ALL SELECT artifact_id, part + 1, substr(rest, 20001) FROM piece WHERE length(rest) > 20000
  )
  SELECT artifact_id, part, substr(rest, 1, 20000) FROM piece;
ALTER TABLE packages DROP COLUMN contents;

-- The backup that is running, if any: until when changes are noted, by the clock of the database.
CREATE TABLE backup_captures (
  backup_id TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The rows that were written since it began, by table and primary key (a JSON array). Triggers that exist only during a
-- backup write them; the backup reads these rows again at its end.
CREATE TABLE backup_changes (
  seq INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;
