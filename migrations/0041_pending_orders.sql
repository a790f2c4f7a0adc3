-- The checkouts whose payment is under way, for the list of orders: a delayed payment takes days, and few wait at once.
CREATE INDEX orders_pending ON orders (created_at) WHERE state = 'pending';
