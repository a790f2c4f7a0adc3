-- One trial: who and what has had one, without saying who.

-- Each mark belongs to the first license whose trial it was part of. `hash` is an HMAC under LICENSE_KEY_SECRET of the address of the
-- buyer (as its mailbox is written), of the fingerprint of the card, or of the fingerprint of a machine: the ledger alone leads to nobody.
CREATE TABLE trial_marks (
  kind TEXT NOT NULL CHECK (kind IN ('address', 'card', 'machine')),
  hash TEXT NOT NULL,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  made_at INTEGER NOT NULL,
  PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX trial_marks_by_license ON trial_marks (license_id);
CREATE INDEX trial_marks_by_age ON trial_marks (made_at);

-- The mark of an earlier trial, because of which this license began without one. Null: it had its trial, or was sold without one.
ALTER TABLE licenses ADD COLUMN trial_refused TEXT CHECK (trial_refused IN ('address', 'card'));

-- The earlier checkouts of a browser.
CREATE INDEX orders_by_cookie ON orders (cookie_hash);
