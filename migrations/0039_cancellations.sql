-- When it was decided to cancel the license's subscription at the payment provider; null: nothing to cancel. It commits with the decision, and a job retries until the provider has canceled.
ALTER TABLE licenses ADD COLUMN cancel_due_at INTEGER;
CREATE INDEX licenses_by_cancellation ON licenses (cancel_due_at) WHERE cancel_due_at IS NOT NULL;
