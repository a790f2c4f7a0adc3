-- Money: every payment behind a license, as Stripe has it (src/domain/money), and the sums of each month.

-- One row for each invoice, checkout without invoice, refund, dispute and credit note, by Stripe's id. The transaction
-- that changes its license writes it. Amounts are in the currency's smallest unit.
CREATE TABLE payments (
  id TEXT PRIMARY KEY,
  -- Null: a sale that no license could be made of.
  license_id TEXT REFERENCES licenses (id),
  kind TEXT NOT NULL CHECK (kind IN ('purchase', 'renewal', 'trial', 'update', 'refund', 'dispute', 'credit_note')),
  state TEXT NOT NULL,
  -- subtotal - discount + tax = total. Positive for a refund, too.
  subtotal INTEGER NOT NULL,
  discount INTEGER NOT NULL,
  tax INTEGER NOT NULL,
  total INTEGER NOT NULL,
  currency TEXT NOT NULL CHECK (currency = lower(currency)),
  invoice_number TEXT,
  invoice_url TEXT,
  at INTEGER NOT NULL,
  period_start INTEGER,
  period_end INTEGER,
  livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
  checkout_session_id TEXT,
  subscription_id TEXT,
  payment_intent_id TEXT,
  charge_id TEXT,
  -- The row that a refund, dispute or credit note takes back.
  reverses TEXT,
  -- The money and the tax in it that the row adds to the revenue of its month; negative: takes away. 0 while unpaid.
  counted INTEGER NOT NULL,
  counted_tax INTEGER NOT NULL,
  -- Whether the customer has paid it, or it is free of charge.
  is_paid INTEGER NOT NULL CHECK (is_paid IN (0, 1)),
  -- The first payment after a trial.
  converts_trial INTEGER NOT NULL CHECK (converts_trial IN (0, 1)),
  -- What it adds to the monthly recurring revenue from period_start to recurring_until (null: no end yet), and whether
  -- its subscription pays nothing after that.
  recurring INTEGER NOT NULL,
  recurring_until INTEGER,
  churns INTEGER NOT NULL CHECK (churns IN (0, 1)),
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_by_license ON payments (license_id, at);
CREATE INDEX payments_by_time ON payments (at, id);
CREATE INDEX payments_by_number ON payments (invoice_number) WHERE invoice_number IS NOT NULL;
CREATE INDEX payments_by_subscription ON payments (subscription_id) WHERE subscription_id IS NOT NULL;
CREATE INDEX payments_by_intent ON payments (payment_intent_id) WHERE payment_intent_id IS NOT NULL;
CREATE INDEX payments_by_charge ON payments (charge_id) WHERE charge_id IS NOT NULL;
CREATE INDEX payments_by_session ON payments (checkout_session_id) WHERE checkout_session_id IS NOT NULL;
CREATE INDEX payments_by_state ON payments (state, at, id) WHERE state NOT IN ('paid', 'succeeded');

-- The sums of each month (UTC, by `at`) and currency, so that no figure reads all payments.
CREATE TABLE revenue_months (
  livemode INTEGER NOT NULL,
  month TEXT NOT NULL,
  currency TEXT NOT NULL,
  gross INTEGER NOT NULL DEFAULT 0,
  tax INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0,
  purchases INTEGER NOT NULL DEFAULT 0,
  renewals INTEGER NOT NULL DEFAULT 0,
  trials_started INTEGER NOT NULL DEFAULT 0,
  trials_converted INTEGER NOT NULL DEFAULT 0,
  churn INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (livemode, month, currency)
) STRICT, WITHOUT ROWID;

-- By how much the monthly recurring revenue, and the number of paying subscriptions, changed on each day (UTC). The sum
-- of all days up to one is the revenue at its end.
CREATE TABLE recurring_days (
  livemode INTEGER NOT NULL,
  day INTEGER NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  subscriptions INTEGER NOT NULL,
  PRIMARY KEY (livemode, day, currency)
) STRICT, WITHOUT ROWID;

-- What each payment adds to the revenue of a month: one row for its own month, and one for the end of a subscription.
CREATE VIEW payment_months AS
SELECT id, livemode, strftime('%Y-%m', at, 'unixepoch') AS month, currency,
  iif(kind IN ('purchase', 'renewal', 'trial', 'update'), counted, 0) AS gross,
  counted_tax AS tax,
  iif(kind IN ('refund', 'dispute', 'credit_note'), -counted, 0) AS refunded,
  iif(kind = 'purchase' AND is_paid, 1, 0) AS purchases,
  iif(kind = 'renewal' AND is_paid, 1, 0) AS renewals,
  iif(kind = 'trial' AND is_paid, 1, 0) AS trials_started,
  converts_trial AS trials_converted,
  0 AS churn
FROM payments
UNION ALL
SELECT id, livemode, strftime('%Y-%m', recurring_until, 'unixepoch'), currency, 0, 0, 0, 0, 0, 0, 0, 1
FROM payments WHERE churns;

-- What each payment adds to the recurring revenue of a day: its own from period_start, and as much less from the end.
CREATE VIEW payment_days AS
SELECT id, livemode, period_start - period_start % 86400 AS day, currency, recurring AS amount,
  iif(kind IN ('purchase', 'renewal'), 1, 0) AS subscriptions
FROM payments WHERE recurring <> 0 AND period_start IS NOT NULL
UNION ALL
SELECT id, livemode, recurring_until - recurring_until % 86400, currency, -recurring,
  iif(kind IN ('purchase', 'renewal'), -1, 0)
FROM payments WHERE recurring <> 0 AND recurring_until IS NOT NULL;

-- A payment is added when it is written, and taken away before it changes. Each trigger stands on one line, because
-- wrangler splits a migration at line ends.
CREATE TRIGGER payments_are_counted AFTER INSERT ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) SELECT livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn FROM payment_months WHERE id = new.id ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted, churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT livemode, day, currency, amount, subscriptions FROM payment_days WHERE id = new.id ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
CREATE TRIGGER payments_are_taken_off BEFORE UPDATE OF livemode, at, currency, kind, counted, counted_tax, is_paid, converts_trial, churns, recurring, period_start, recurring_until ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) SELECT livemode, month, currency, -gross, -tax, -refunded, -purchases, -renewals, -trials_started, -trials_converted, -churn FROM payment_months WHERE id = old.id ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted, churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT livemode, day, currency, -amount, -subscriptions FROM payment_days WHERE id = old.id ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
CREATE TRIGGER payments_are_counted_again AFTER UPDATE OF livemode, at, currency, kind, counted, counted_tax, is_paid, converts_trial, churns, recurring, period_start, recurring_until ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) SELECT livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn FROM payment_months WHERE id = new.id ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted, churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT livemode, day, currency, amount, subscriptions FROM payment_days WHERE id = new.id ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
CREATE TRIGGER payments_are_counted_off BEFORE DELETE ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) SELECT livemode, month, currency, -gross, -tax, -refunded, -purchases, -renewals, -trials_started, -trials_converted, -churn FROM payment_months WHERE id = old.id ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted, churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT livemode, day, currency, -amount, -subscriptions FROM payment_days WHERE id = old.id ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
