-- Seats that heal: how long a machine keeps its seat without a sign of life. Null: a seat never lapses. The date at which a seat lapses
-- is derived (src/domain/licensing/license/seats.ts), so no job has to run.
ALTER TABLE licenses ADD COLUMN seat_idle_seconds INTEGER CHECK (seat_idle_seconds >= 3600);

-- Machines that an admin has barred from their license. A barred machine keeps its row in `machines`.
CREATE TABLE barred_machines (
  machine_id TEXT PRIMARY KEY REFERENCES machines (id),
  license_id TEXT NOT NULL REFERENCES licenses (id),
  barred_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX barred_machines_by_license ON barred_machines (license_id);
