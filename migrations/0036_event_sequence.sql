-- The sequence of the audit trail: 1, 2, 3 and so on, without a gap, in the order that the acts were committed in. An
-- event of the vendor's systems carries it, so that a receiver can prove that it missed none (docs/events.md).

-- The trigger below numbers each new entry, whoever inserts it: also the Worker of before this migration. Only that
-- statement may change an entry, and nothing but its empty sequence.
DROP TRIGGER audit_is_never_changed;
ALTER TABLE audit ADD COLUMN sequence INTEGER;

-- The entries until now, in the order of their row numbers, in which they were committed.
UPDATE audit SET sequence = numbered.place FROM (SELECT rowid AS row, row_number() OVER (ORDER BY rowid) AS place FROM audit) AS numbered WHERE audit.rowid = numbered.row;
CREATE UNIQUE INDEX audit_by_sequence ON audit (sequence);

-- The last number. A counter, because the highest number of the table falls when retention removes the newest entry.
INSERT INTO counters SELECT 'audit_sequence', coalesce(max(sequence), 0) FROM audit;
CREATE TRIGGER audit_is_numbered AFTER INSERT ON audit BEGIN UPDATE counters SET value = value + 1 WHERE name = 'audit_sequence'; UPDATE audit SET sequence = (SELECT value FROM counters WHERE name = 'audit_sequence') WHERE id = new.id; END;
CREATE TRIGGER audit_numbers_itself BEFORE INSERT ON audit WHEN new.sequence IS NOT NULL BEGIN SELECT RAISE(ABORT, 'the audit trail numbers its entries itself'); END;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit WHEN NOT (old.sequence IS NULL AND new.sequence IS (SELECT value FROM counters WHERE name = 'audit_sequence') AND new.rowid = old.rowid AND (new.id, new.at, new.actor, new.action, new.subject, new.details) = (old.id, old.at, old.actor, old.action, old.subject, old.details) AND new.reason IS old.reason AND new.request_id IS old.request_id AND new.client_request_id IS old.client_request_id) BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
