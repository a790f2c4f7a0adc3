-- From a payment to a license. What a license needs to find its way back to Stripe, and what Stripe has told us.

ALTER TABLE licenses ADD COLUMN checkout_session_id TEXT;
-- Which of the licenses bought in one session; there is one today.
ALTER TABLE licenses ADD COLUMN unit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN stripe_customer_id TEXT;
ALTER TABLE licenses ADD COLUMN stripe_subscription_id TEXT;
ALTER TABLE licenses ADD COLUMN stripe_payment_intent_id TEXT;
-- Fulfilment is keyed on the session, never on customer or product: a second purchase is a second license.
CREATE UNIQUE INDEX licenses_by_checkout ON licenses (checkout_session_id, unit) WHERE checkout_session_id IS NOT NULL;
CREATE INDEX licenses_by_customer ON licenses (stripe_customer_id) WHERE stripe_customer_id IS NOT NULL;
CREATE INDEX licenses_by_subscription ON licenses (stripe_subscription_id) WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX licenses_by_payment_intent ON licenses (stripe_payment_intent_id) WHERE stripe_payment_intent_id IS NOT NULL;

-- An admin's extension. Apart from `expires_at`, which follows the money, so that no event can take it back.
ALTER TABLE licenses ADD COLUMN extended_until INTEGER;

-- A checkout that began here.
CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  checkout_session_id TEXT UNIQUE,
  plan TEXT NOT NULL,
  machines INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'pending', 'complete', 'failed')),
  -- SHA-256 of the cookie that the buyer's browser holds: only with it is the key shown on the success page.
  cookie_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What disputes and refunds say of each charge behind a license: one won dispute must not lift another charge's loss.
CREATE TABLE license_charges (
  charge_id TEXT PRIMARY KEY,
  license_id TEXT NOT NULL REFERENCES licenses (id),
  refund_state TEXT NOT NULL CHECK (refund_state IN ('none', 'partial', 'full')),
  dispute_state TEXT NOT NULL CHECK (dispute_state IN ('none', 'open', 'won', 'lost')),
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX license_charges_by_license ON license_charges (license_id);

-- Every event that Stripe has delivered. `handled_at` is set after success only, so that a failed one is tried again.
CREATE TABLE stripe_events (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  object_id TEXT,
  created INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  handled_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- What became of it, for admins: `ignored`, `license lic_...`, `unknown price price_...`.
  outcome TEXT,
  -- Whether an admin should look at it although nothing failed.
  attention INTEGER NOT NULL DEFAULT 0 CHECK (attention IN (0, 1)),
  last_error TEXT
) STRICT;
CREATE INDEX stripe_events_unhandled ON stripe_events (received_at) WHERE handled_at IS NULL;
CREATE INDEX stripe_events_attention ON stripe_events (received_at) WHERE attention = 1;

-- How far a recurring job has come.
CREATE TABLE watermarks (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  -- The last id of a round that is not finished.
  position TEXT
) STRICT;
