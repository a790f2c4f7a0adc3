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

CREATE TRIGGER payments_are_counted AFTER INSERT ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) VALUES (new.livemode, strftime('%Y-%m', new.at, 'unixepoch'), new.currency, iif(new.kind IN ('purchase', 'renewal', 'trial', 'update'), new.counted, 0), new.counted_tax, iif(new.kind IN ('refund', 'dispute', 'credit_note'), -new.counted, 0), iif(new.kind = 'purchase' AND new.is_paid, 1, 0), iif(new.kind = 'renewal' AND new.is_paid, 1, 0), iif(new.kind = 'trial' AND new.is_paid, 1, 0), new.converts_trial, 0) ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted; INSERT INTO revenue_months (livemode, month, currency, churn) SELECT new.livemode, strftime('%Y-%m', new.recurring_until, 'unixepoch'), new.currency, 1 WHERE new.churns ON CONFLICT DO UPDATE SET churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT new.livemode, new.period_start - new.period_start % 86400, new.currency, new.recurring, (new.kind IN ('purchase', 'renewal')) WHERE new.recurring <> 0 AND new.period_start IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT new.livemode, new.recurring_until - new.recurring_until % 86400, new.currency, -new.recurring, -(new.kind IN ('purchase', 'renewal')) WHERE new.recurring <> 0 AND new.recurring_until IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
CREATE TRIGGER payments_are_counted_again AFTER UPDATE OF livemode, at, currency, kind, counted, counted_tax, is_paid, converts_trial, churns, recurring, period_start, recurring_until ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) VALUES (old.livemode, strftime('%Y-%m', old.at, 'unixepoch'), old.currency, iif(old.kind IN ('purchase', 'renewal', 'trial', 'update'), -old.counted, 0), -old.counted_tax, iif(old.kind IN ('refund', 'dispute', 'credit_note'), old.counted, 0), iif(old.kind = 'purchase' AND old.is_paid, -1, 0), iif(old.kind = 'renewal' AND old.is_paid, -1, 0), iif(old.kind = 'trial' AND old.is_paid, -1, 0), -old.converts_trial, 0) ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted; INSERT INTO revenue_months (livemode, month, currency, churn) SELECT old.livemode, strftime('%Y-%m', old.recurring_until, 'unixepoch'), old.currency, -1 WHERE old.churns ON CONFLICT DO UPDATE SET churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT old.livemode, old.period_start - old.period_start % 86400, old.currency, -old.recurring, -(old.kind IN ('purchase', 'renewal')) WHERE old.recurring <> 0 AND old.period_start IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT old.livemode, old.recurring_until - old.recurring_until % 86400, old.currency, old.recurring, (old.kind IN ('purchase', 'renewal')) WHERE old.recurring <> 0 AND old.recurring_until IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) VALUES (new.livemode, strftime('%Y-%m', new.at, 'unixepoch'), new.currency, iif(new.kind IN ('purchase', 'renewal', 'trial', 'update'), new.counted, 0), new.counted_tax, iif(new.kind IN ('refund', 'dispute', 'credit_note'), -new.counted, 0), iif(new.kind = 'purchase' AND new.is_paid, 1, 0), iif(new.kind = 'renewal' AND new.is_paid, 1, 0), iif(new.kind = 'trial' AND new.is_paid, 1, 0), new.converts_trial, 0) ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted; INSERT INTO revenue_months (livemode, month, currency, churn) SELECT new.livemode, strftime('%Y-%m', new.recurring_until, 'unixepoch'), new.currency, 1 WHERE new.churns ON CONFLICT DO UPDATE SET churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT new.livemode, new.period_start - new.period_start % 86400, new.currency, new.recurring, (new.kind IN ('purchase', 'renewal')) WHERE new.recurring <> 0 AND new.period_start IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT new.livemode, new.recurring_until - new.recurring_until % 86400, new.currency, -new.recurring, -(new.kind IN ('purchase', 'renewal')) WHERE new.recurring <> 0 AND new.recurring_until IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
CREATE TRIGGER payments_are_counted_off AFTER DELETE ON payments BEGIN INSERT INTO revenue_months (livemode, month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn) VALUES (old.livemode, strftime('%Y-%m', old.at, 'unixepoch'), old.currency, iif(old.kind IN ('purchase', 'renewal', 'trial', 'update'), -old.counted, 0), -old.counted_tax, iif(old.kind IN ('refund', 'dispute', 'credit_note'), old.counted, 0), iif(old.kind = 'purchase' AND old.is_paid, -1, 0), iif(old.kind = 'renewal' AND old.is_paid, -1, 0), iif(old.kind = 'trial' AND old.is_paid, -1, 0), -old.converts_trial, 0) ON CONFLICT DO UPDATE SET gross = gross + excluded.gross, tax = tax + excluded.tax, refunded = refunded + excluded.refunded, purchases = purchases + excluded.purchases, renewals = renewals + excluded.renewals, trials_started = trials_started + excluded.trials_started, trials_converted = trials_converted + excluded.trials_converted; INSERT INTO revenue_months (livemode, month, currency, churn) SELECT old.livemode, strftime('%Y-%m', old.recurring_until, 'unixepoch'), old.currency, -1 WHERE old.churns ON CONFLICT DO UPDATE SET churn = churn + excluded.churn; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT old.livemode, old.period_start - old.period_start % 86400, old.currency, -old.recurring, -(old.kind IN ('purchase', 'renewal')) WHERE old.recurring <> 0 AND old.period_start IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; INSERT INTO recurring_days (livemode, day, currency, amount, subscriptions) SELECT old.livemode, old.recurring_until - old.recurring_until % 86400, old.currency, old.recurring, (old.kind IN ('purchase', 'renewal')) WHERE old.recurring <> 0 AND old.recurring_until IS NOT NULL ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, subscriptions = subscriptions + excluded.subscriptions; END;
