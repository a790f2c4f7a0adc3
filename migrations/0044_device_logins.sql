-- Logins of a machine by a code that a person approves in the browser (RFC 8628; src/domain/licensing/device).

CREATE TABLE device_logins (
  id TEXT PRIMARY KEY,
  -- Keyed hashes of the code that the machine keeps and of the one that the person compares. Neither is stored.
  device_hash TEXT NOT NULL UNIQUE,
  user_hash TEXT NOT NULL UNIQUE,
  -- What the machine says of itself, and the country that it asked from. The page shows both to the person.
  name TEXT,
  country TEXT,
  state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'used')),
  -- The license and the generation of its key that the person has chosen. Null: none yet.
  license_id TEXT,
  generation INTEGER,
  polled_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_change TEXT
) STRICT;
CREATE INDEX device_logins_ended ON device_logins (expires_at);
