-- The ledger. Times are whole seconds since 1970 in UTC; ids sort by creation.
-- `last_change` names the change (audit.id) that wrote a row last: the guard by which a transaction's audit and outbox
-- entries exist if, and only if, its main write took effect (src/storage/ledger.ts).

CREATE TABLE licenses (
  id TEXT PRIMARY KEY,
  generation INTEGER NOT NULL DEFAULT 0 CHECK (generation BETWEEN 0 AND 65535),
  email TEXT NOT NULL,
  plan TEXT NOT NULL,
  note TEXT,
  -- The grant, as sold.
  entitlements TEXT NOT NULL CHECK (json_valid(entitlements)),
  versions TEXT NOT NULL,
  updates_until INTEGER,
  machine_limit INTEGER NOT NULL CHECK (machine_limit >= 0),
  offline_days INTEGER NOT NULL CHECK (offline_days BETWEEN 0 AND 30),
  -- The facts that status is derived from (src/licensing/license-status.ts). Nothing stores the status itself.
  admin_state TEXT NOT NULL DEFAULT 'none' CHECK (admin_state IN ('none', 'suspended', 'revoked')),
  refund_state TEXT NOT NULL DEFAULT 'none' CHECK (refund_state IN ('none', 'partial', 'full')),
  dispute_state TEXT NOT NULL DEFAULT 'none' CHECK (dispute_state IN ('none', 'open', 'won', 'lost')),
  subscription_state TEXT NOT NULL DEFAULT 'none' CHECK (subscription_state IN ('none', 'active', 'past_due', 'suspended', 'ended')),
  expires_at INTEGER,
  grace_seconds INTEGER NOT NULL DEFAULT 0 CHECK (grace_seconds >= 0),
  -- Place in the token status list; drawn at random, so that a list says nothing about how many licenses there are.
  status_index INTEGER NOT NULL UNIQUE,
  livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
  revision INTEGER NOT NULL DEFAULT 1,
  last_change TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX licenses_by_email ON licenses (email, id);
CREATE INDEX licenses_by_plan ON licenses (plan, id);

CREATE TABLE machines (
  id TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  fingerprint_hash TEXT NOT NULL,
  name TEXT,
  platform TEXT,
  activated_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  deactivated_at INTEGER,
  -- An offline lease keeps the seat until it ends, whatever happens to the machine.
  lease_until INTEGER NOT NULL DEFAULT 0,
  last_change TEXT NOT NULL,
  UNIQUE (license_id, fingerprint_hash)
) STRICT;
CREATE INDEX machines_by_fingerprint ON machines (fingerprint_hash);

-- Every time a machine took a seat: what throttles activate / deactivate cycling.
CREATE TABLE machine_activations (
  change_id TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  machine_id TEXT NOT NULL REFERENCES machines (id),
  activated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX machine_activations_by_license ON machine_activations (license_id, activated_at);

CREATE TABLE releases (
  id TEXT PRIMARY KEY,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('stable', 'rc', 'beta', 'alpha')),
  status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'yanked', 'blocked')),
  notes TEXT,
  created_at INTEGER NOT NULL,
  published_at INTEGER,
  last_change TEXT NOT NULL,
  UNIQUE (worker_id, version)
) STRICT;

CREATE TABLE artifacts (
  id TEXT PRIMARY KEY,
  release_id TEXT NOT NULL REFERENCES releases (id),
  platform TEXT NOT NULL CHECK (platform IN ('linux-x86_64', 'linux-aarch64', 'macos-aarch64', 'windows-x86_64')),
  filename TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  signature TEXT,
  -- Offered to nobody before `ready`, which only the server's own check of the bytes sets.
  state TEXT NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'ready')),
  object_key TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  part_size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  completed_at INTEGER,
  last_change TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX artifacts_by_filename ON artifacts (release_id, filename);
CREATE UNIQUE INDEX artifacts_by_platform ON artifacts (release_id, platform);

CREATE TABLE artifact_parts (
  artifact_id TEXT NOT NULL REFERENCES artifacts (id),
  part INTEGER NOT NULL,
  etag TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (artifact_id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE admin_tokens (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_change TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT,
  details TEXT NOT NULL CHECK (json_valid(details)),
  request_id TEXT
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, id);
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- What KV has yet to be told. One row a change, so that no publisher can clear another's.
CREATE TABLE outbox (
  change_id TEXT PRIMARY KEY,
  topic TEXT NOT NULL CHECK (topic IN ('license', 'manifest')),
  key TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_key ON outbox (topic, key);

CREATE TABLE idempotency_keys (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

-- One row a signed link whose bytes were fetched: resuming or splitting a download counts once.
CREATE TABLE downloads (
  link_id TEXT PRIMARY KEY,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  license_id TEXT,
  machine TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX downloads_by_worker ON downloads (worker_id, at);
CREATE INDEX downloads_by_license ON downloads (license_id, at);
