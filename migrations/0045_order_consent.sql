-- The consent of a buyer to the seller's terms: when, by the form or by the API, and to which version (a SHA-256 of the text or
-- URL that was configured). Null: the order is older, or the deployment had no terms.
ALTER TABLE orders ADD COLUMN terms_at INTEGER;
ALTER TABLE orders ADD COLUMN terms_version TEXT;
ALTER TABLE orders ADD COLUMN terms_by TEXT;
-- The id of the worker whose page the buyer came from, so that the page after the payment installs that one.
ALTER TABLE orders ADD COLUMN worker TEXT;
