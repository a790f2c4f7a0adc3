-- License keys of other shops, which their owners exchange for ours (src/domain/licensing/foreign). A key is stored as a
-- keyed hash alone.
CREATE TABLE foreign_keys (
  -- HMAC-SHA-256 of the key under LICENSE_KEY_SECRET, in base64url.
  hash TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  -- The generation of our key that it stands for. After a rotation it is refused like that key.
  generation INTEGER NOT NULL,
  -- The shop that it comes from: `gumroad`, `keygen`, `lemon-squeezy` or `other`.
  source TEXT NOT NULL,
  imported_at INTEGER NOT NULL,
  -- When it was first exchanged. Null: it still is what its owner has.
  exchanged_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX foreign_keys_by_license ON foreign_keys (license_id);
