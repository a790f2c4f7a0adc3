-- Mail that is to be sent exactly once, and the links by which a customer gets at forgotten keys.

-- One row a mail. `data` holds no key and no link: both are derived again when the mail is sent.
CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  license_id TEXT REFERENCES licenses (id),
  kind TEXT NOT NULL,
  -- What it is about, so that a repeated event queues nothing new: a checkout session, an invoice, a change.
  occasion TEXT NOT NULL,
  recipient TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data)),
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- When a sender may take it; in the future while one has it. Null: sent, or given up after five days.
  next_attempt_at INTEGER,
  last_error TEXT,
  UNIQUE (license_id, kind, occasion)
) STRICT;
-- NULL equals nothing in a UNIQUE constraint: mails without a license need their own.
CREATE UNIQUE INDEX mails_without_license ON mails (kind, occasion) WHERE license_id IS NULL;
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE recovery_links (
  id TEXT PRIMARY KEY,
  -- SHA-256 of the link's secret.
  token_hash TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  last_change TEXT
) STRICT;
CREATE INDEX recovery_links_by_email ON recovery_links (email, created_at);
