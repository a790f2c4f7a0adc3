-- An order that is paid and that no license can be made of is `held`: the buyer's money is here, and a person must look. It needs the buyer's
-- address. The table is made anew because the CHECK of `state` changes. Every sale of ours is an order from now on, also one that began
-- elsewhere (a payment link): such an order has no cookie.

CREATE TABLE orders_0033 (
  id TEXT PRIMARY KEY,
  checkout_session_id TEXT UNIQUE,
  plan TEXT NOT NULL,
  machines INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'pending', 'held', 'complete', 'failed')),
  -- SHA-256 of the cookie that the buyer's browser holds. Null: the checkout did not begin here, so no browser sees its key.
  cookie_hash TEXT,
  created_at INTEGER NOT NULL,
  return_hash TEXT,
  returned_by TEXT CHECK (returned_by IN ('buyer', 'other')),
  livemode INTEGER CHECK (livemode IN (0, 1)),
  -- The license that this order is to upgrade, noted when the checkout begins. Null: it makes a new license.
  upgrades TEXT REFERENCES licenses (id),
  -- The license that the order has made or changed. Set when it is complete.
  license_id TEXT REFERENCES licenses (id),
  -- What Stripe said once it was paid: the buyer's address in lower case (null after erasure), and the total.
  email TEXT,
  amount_total INTEGER,
  currency TEXT,
  -- Why it is held: a code (`src/domain/purchase/checkout/decision.ts`), and the facts for an admin.
  held_at INTEGER,
  held_reason TEXT,
  held_detail TEXT,
  -- How a held order was solved. It is then complete, or failed after a refund, and no event changes it any more.
  resolved_at INTEGER,
  resolution TEXT CHECK (resolution IN ('retry', 'plan', 'license', 'refund')),
  -- The subscription that the license had before the upgrade, and when Stripe ended it. The cron retries until then.
  replaced_subscription_id TEXT,
  replaced_at INTEGER,
  revision INTEGER NOT NULL DEFAULT 0,
  last_change TEXT
) STRICT;
INSERT INTO orders_0033 (id, checkout_session_id, plan, machines, state, cookie_hash, created_at, return_hash, returned_by, license_id, email, livemode) SELECT orders.id, orders.checkout_session_id, orders.plan, orders.machines, orders.state, orders.cookie_hash, orders.created_at, orders.return_hash, orders.returned_by, licenses.id, nullif(licenses.email, 'erased'), licenses.livemode FROM orders LEFT JOIN licenses ON licenses.checkout_session_id = orders.checkout_session_id;
DROP TABLE orders;
ALTER TABLE orders_0033 RENAME TO orders;
CREATE INDEX orders_by_license ON orders (license_id) WHERE license_id IS NOT NULL;
CREATE INDEX orders_by_upgraded_license ON orders (upgrades) WHERE upgrades IS NOT NULL;
CREATE INDEX orders_by_email ON orders (email) WHERE email IS NOT NULL;
-- What waits for an admin, and for the cron.
CREATE INDEX orders_held ON orders (held_at) WHERE state = 'held';
CREATE INDEX orders_replacing ON orders (id) WHERE replaced_subscription_id IS NOT NULL AND replaced_at IS NULL;
-- What the daily job removes. A paid order is kept, because it is the record of a sale; the address of a refunded one is not.
CREATE INDEX orders_unpaid ON orders (created_at) WHERE state IN ('open', 'failed') AND resolved_at IS NULL;
CREATE INDEX orders_refunded ON orders (resolved_at) WHERE state = 'failed' AND email IS NOT NULL;
