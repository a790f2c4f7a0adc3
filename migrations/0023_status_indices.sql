-- Each machine has a place of its own in the token status lists, so that verifiers without a connection to us see the
-- end of one machine's tokens. `status_index` is drawn from the same space as that of licenses. It belongs to one
-- activation of the machine and one generation of the license key (`status_generation`): a later activation or
-- generation draws a new one. Null: the machine has no seat, or has had no token since this migration.
ALTER TABLE machines ADD COLUMN status_index INTEGER;
ALTER TABLE machines ADD COLUMN status_generation INTEGER;
CREATE UNIQUE INDEX machines_by_status_index ON machines (status_index) WHERE status_index IS NOT NULL;

-- The places that machines have left. Their tokens are invalid. The daily job frees a place when its last token has
-- ended (src/platform/storage/retention.ts).
CREATE TABLE spent_status_indices (
  status_index INTEGER PRIMARY KEY,
  spent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_status_indices_by_age ON spent_status_indices (spent_at);

-- Triggers, so that no writer can forget a place: neither the removal of a machine nor an erasure, nor an older Worker.
CREATE TRIGGER status_index_is_left_with_the_seat AFTER UPDATE OF deactivated_at ON machines WHEN new.deactivated_at IS NOT NULL AND new.status_index IS NOT NULL BEGIN UPDATE machines SET status_index = NULL, status_generation = NULL WHERE id = new.id; END;
CREATE TRIGGER status_index_is_spent AFTER UPDATE OF status_index ON machines WHEN old.status_index IS NOT NULL AND old.status_index IS NOT new.status_index BEGIN INSERT INTO spent_status_indices (status_index, spent_at) VALUES (old.status_index, unixepoch()); END;
CREATE TRIGGER status_index_is_spent_by_deletion AFTER DELETE ON machines WHEN old.status_index IS NOT NULL BEGIN INSERT INTO spent_status_indices (status_index, spent_at) VALUES (old.status_index, unixepoch()); END;
-- A license and a machine never share a place. The message is the one of a UNIQUE column, so the draw is repeated.
CREATE TRIGGER status_index_of_license_is_free BEFORE INSERT ON licenses WHEN EXISTS (SELECT 1 FROM machines WHERE status_index = new.status_index) OR EXISTS (SELECT 1 FROM spent_status_indices WHERE status_index = new.status_index) BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: licenses.status_index'); END;
