-- The id that a client gave its request, beside ours in `request_id`, which no client can choose.
ALTER TABLE audit ADD COLUMN client_request_id TEXT;

-- SHA-256 of the secret in the return address that only the payment provider knows. Null for an order made before this migration.
ALTER TABLE orders ADD COLUMN return_hash TEXT;
-- The browser that first came back by that address after the payment: `buyer` with the cookie of the beginning, else `other`.
ALTER TABLE orders ADD COLUMN returned_by TEXT CHECK (returned_by IN ('buyer', 'other'));
