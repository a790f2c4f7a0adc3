-- What is counted moves to a database of its own (migrations/statistics). The tables below were never deployed with
-- data that anybody needs; docs/decisions.md ("Counting leaves the ledger") says what the operator of a copy does
-- first.
DROP TRIGGER downloads_are_counted;
DROP TABLE downloads;
DROP TABLE download_days;
DROP TABLE refusal_days;
DROP TABLE license_refusals;
DROP TABLE license_places;
DROP TABLE standing_days;

-- Licenses whose owner is erased, while the statistics may still get late counts of them. The cron erases these.
CREATE TABLE usage_erasures (
  license_id TEXT PRIMARY KEY,
  erased_at INTEGER NOT NULL,
  -- When the statistics were last cleaned of it; 0: never.
  cleaned_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_erasures_by_turn ON usage_erasures (cleaned_at);

-- The number of licenses by the parts of their status: what is decided, and if only dates decide, the day (UTC) on
-- which the license ends, and its status after that. So a count of a million licenses reads some thousand rows of this
-- table, and the licenses that end today. The triggers use the parts of STATUS_SQL in
-- src/domain/licensing/license/record.ts; a test compares them.
CREATE TABLE standing_counts (
  decided TEXT NOT NULL,
  lapsed TEXT NOT NULL,
  until_day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (decided, lapsed, until_day)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_counts (decided, lapsed, until_day, count) SELECT decided, iif(decided = 'none', lapsed, ''), iif(decided = 'none', until - until % 86400, 0), count(*) FROM (SELECT CASE WHEN admin_state <> 'none' THEN admin_state WHEN dispute_state = 'lost' OR refund_state = 'full' THEN 'revoked' WHEN dispute_state = 'open' THEN 'suspended' ELSE 'none' END AS decided, CASE WHEN subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END AS lapsed, CASE WHEN subscription_state IN ('ended', 'suspended') THEN coalesce(extended_until, 0) WHEN expires_at IS NULL THEN 253402300799 ELSE max(expires_at + grace_seconds, coalesce(extended_until, 0)) END AS until FROM licenses) GROUP BY 1, 2, 3;
CREATE TRIGGER licenses_are_counted AFTER INSERT ON licenses BEGIN INSERT INTO standing_counts SELECT decided, iif(decided = 'none', lapsed, ''), iif(decided = 'none', until - until % 86400, 0), 1 FROM (SELECT CASE WHEN new.admin_state <> 'none' THEN new.admin_state WHEN new.dispute_state = 'lost' OR new.refund_state = 'full' THEN 'revoked' WHEN new.dispute_state = 'open' THEN 'suspended' ELSE 'none' END AS decided, CASE WHEN new.subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END AS lapsed, CASE WHEN new.subscription_state IN ('ended', 'suspended') THEN coalesce(new.extended_until, 0) WHEN new.expires_at IS NULL THEN 253402300799 ELSE max(new.expires_at + new.grace_seconds, coalesce(new.extended_until, 0)) END AS until) WHERE true ON CONFLICT DO UPDATE SET count = count + 1; END;
CREATE TRIGGER licenses_are_counted_again AFTER UPDATE OF admin_state, refund_state, dispute_state, subscription_state, expires_at, grace_seconds, extended_until ON licenses WHEN old.admin_state IS NOT new.admin_state OR old.refund_state IS NOT new.refund_state OR old.dispute_state IS NOT new.dispute_state OR old.subscription_state IS NOT new.subscription_state OR old.expires_at IS NOT new.expires_at OR old.grace_seconds IS NOT new.grace_seconds OR old.extended_until IS NOT new.extended_until BEGIN UPDATE standing_counts SET count = count - 1 WHERE (decided, lapsed, until_day) = (SELECT decided, iif(decided = 'none', lapsed, ''), iif(decided = 'none', until - until % 86400, 0) FROM (SELECT CASE WHEN old.admin_state <> 'none' THEN old.admin_state WHEN old.dispute_state = 'lost' OR old.refund_state = 'full' THEN 'revoked' WHEN old.dispute_state = 'open' THEN 'suspended' ELSE 'none' END AS decided, CASE WHEN old.subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END AS lapsed, CASE WHEN old.subscription_state IN ('ended', 'suspended') THEN coalesce(old.extended_until, 0) WHEN old.expires_at IS NULL THEN 253402300799 ELSE max(old.expires_at + old.grace_seconds, coalesce(old.extended_until, 0)) END AS until)); INSERT INTO standing_counts SELECT decided, iif(decided = 'none', lapsed, ''), iif(decided = 'none', until - until % 86400, 0), 1 FROM (SELECT CASE WHEN new.admin_state <> 'none' THEN new.admin_state WHEN new.dispute_state = 'lost' OR new.refund_state = 'full' THEN 'revoked' WHEN new.dispute_state = 'open' THEN 'suspended' ELSE 'none' END AS decided, CASE WHEN new.subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END AS lapsed, CASE WHEN new.subscription_state IN ('ended', 'suspended') THEN coalesce(new.extended_until, 0) WHEN new.expires_at IS NULL THEN 253402300799 ELSE max(new.expires_at + new.grace_seconds, coalesce(new.extended_until, 0)) END AS until) WHERE true ON CONFLICT DO UPDATE SET count = count + 1; END;
CREATE TRIGGER licenses_are_counted_off AFTER DELETE ON licenses BEGIN UPDATE standing_counts SET count = count - 1 WHERE (decided, lapsed, until_day) = (SELECT decided, iif(decided = 'none', lapsed, ''), iif(decided = 'none', until - until % 86400, 0) FROM (SELECT CASE WHEN old.admin_state <> 'none' THEN old.admin_state WHEN old.dispute_state = 'lost' OR old.refund_state = 'full' THEN 'revoked' WHEN old.dispute_state = 'open' THEN 'suspended' ELSE 'none' END AS decided, CASE WHEN old.subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END AS lapsed, CASE WHEN old.subscription_state IN ('ended', 'suspended') THEN coalesce(old.extended_until, 0) WHEN old.expires_at IS NULL THEN 253402300799 ELSE max(old.expires_at + old.grace_seconds, coalesce(old.extended_until, 0)) END AS until)); END;

-- Smaller machines and indexes: `npm run bench -- --growth` has the sizes. A fingerprint's hash contains its license,
-- so it is unique by itself, and its last 94 bits suffice: one small index replaces two large ones. The activations of
-- two days are copied, because they refer to the table.
CREATE TABLE activations_before AS SELECT * FROM machine_activations;
DROP TABLE machine_activations;
CREATE TABLE machines_before AS SELECT * FROM machines;
DROP TABLE machines;
CREATE TABLE machines (
  id TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  fingerprint_hash TEXT NOT NULL,
  name TEXT,
  platform TEXT,
  activated_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  deactivated_at INTEGER,
  -- An offline lease keeps the seat until it ends, even if the machine is deactivated.
  lease_until INTEGER NOT NULL DEFAULT 0,
  last_change TEXT NOT NULL
) STRICT;
INSERT INTO machines SELECT id, license_id, fingerprint_hash, name, platform, activated_at, last_seen_at, deactivated_at, lease_until, last_change FROM machines_before;
DROP TABLE machines_before;
CREATE INDEX machines_by_license ON machines (license_id);
CREATE UNIQUE INDEX machines_by_fingerprint ON machines (substr(fingerprint_hash, -16));
CREATE TABLE machine_activations (
  change_id TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  -- No reference: to delete a machine would search all activations for it.
  machine_id TEXT NOT NULL,
  activated_at INTEGER NOT NULL
) STRICT;
INSERT INTO machine_activations SELECT change_id, license_id, machine_id, activated_at FROM activations_before;
DROP TABLE activations_before;
CREATE INDEX machine_activations_by_license ON machine_activations (license_id, activated_at);
-- The few licenses of an address are sorted as they are read.
DROP INDEX licenses_by_email;
CREATE INDEX licenses_by_email ON licenses (email);
-- A list of a sold plan finds its rows among all licenses, newest first. The index is for the other plans.
DROP INDEX licenses_by_plan;
CREATE INDEX licenses_by_plan ON licenses (plan, id) WHERE plan NOT IN ('premium-monthly', 'premium-lifetime');
-- Likewise for the trail: `src/platform/identity/audit-store.ts` has the conditions. Most entries are by Stripe and by
-- hives.
DROP INDEX audit_by_action;
CREATE INDEX audit_by_action ON audit (action, id) WHERE action NOT IN ('license.buy', 'license.follow-payment', 'machine.activate', 'machine.deactivate', 'machine.lease');
DROP INDEX audit_by_actor;
CREATE INDEX audit_by_actor ON audit (actor, id) WHERE NOT (actor >= 'license:' AND actor < 'license;') AND NOT (actor >= 'stripe:' AND actor < 'stripe;');

-- Numbers that would take a whole table to count.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters SELECT 'machines_active', count(*) FROM machines WHERE deactivated_at IS NULL;
CREATE TRIGGER machines_are_counted AFTER INSERT ON machines WHEN new.deactivated_at IS NULL BEGIN UPDATE counters SET value = value + 1 WHERE name = 'machines_active'; END;
CREATE TRIGGER machines_are_counted_again AFTER UPDATE OF deactivated_at ON machines WHEN (old.deactivated_at IS NULL) <> (new.deactivated_at IS NULL) BEGIN UPDATE counters SET value = value + iif(new.deactivated_at IS NULL, 1, -1) WHERE name = 'machines_active'; END;
CREATE TRIGGER machines_are_counted_off AFTER DELETE ON machines WHEN old.deactivated_at IS NULL BEGIN UPDATE counters SET value = value - 1 WHERE name = 'machines_active'; END;

-- What the daily job removes, so that it reads no whole table. Each index holds only the rows that may be removed.
CREATE INDEX machines_deactivated ON machines (deactivated_at) WHERE deactivated_at IS NOT NULL;
CREATE INDEX orders_unpaid ON orders (created_at) WHERE state IN ('open', 'failed');
CREATE INDEX orders_complete ON orders (created_at) WHERE state = 'complete';
CREATE INDEX stripe_events_handled ON stripe_events (received_at) WHERE handled_at IS NOT NULL AND attention = 0;
CREATE INDEX mails_sent ON mails (created_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mails_of_recovery ON mails (created_at) WHERE kind = 'recovery_link';
CREATE INDEX recovery_links_by_age ON recovery_links (created_at);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX machine_activations_by_age ON machine_activations (activated_at);

-- The routine of customers: hives activate and deactivate machines, containers do it all day, and people sign in to
-- their account. Those entries may be deleted when they are as old as a deactivated machine gets. The renewals of
-- subscriptions may be deleted after 400 days, because Stripe has the invoices. Every other entry stays for ever.
DROP TRIGGER audit_is_never_deleted;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit WHEN NOT ((old.action = 'account.sign-in' OR (old.action IN ('machine.activate', 'machine.deactivate', 'machine.lease') AND old.actor >= 'license:' AND old.actor < 'license;')) AND old.at < unixepoch() - 7776000) AND NOT (old.action = 'license.follow-payment' AND json_remove(old.details, '$.expires_at') = '{}' AND old.at < unixepoch() - 34560000) BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE INDEX audit_of_routine ON audit (at) WHERE action = 'account.sign-in' OR (action IN ('machine.activate', 'machine.deactivate', 'machine.lease') AND actor >= 'license:' AND actor < 'license;');
CREATE INDEX audit_of_renewals ON audit (at) WHERE action = 'license.follow-payment' AND json_remove(details, '$.expires_at') = '{}';
