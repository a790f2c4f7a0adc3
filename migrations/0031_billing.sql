-- The billing of a license, as the payment provider has it. Nothing of it decides a license's status.
-- `stripe_status`: the provider's word for the state of the subscription; null without one. `paused` also while only the collection of payments is paused: then `collection_paused` is 1, and the license stays in force.
ALTER TABLE licenses ADD COLUMN stripe_status TEXT;
ALTER TABLE licenses ADD COLUMN collection_paused INTEGER NOT NULL DEFAULT 0 CHECK (collection_paused IN (0, 1));
-- The end of a running trial. A cancellation that is scheduled, but has not happened.
ALTER TABLE licenses ADD COLUMN trial_ends_at INTEGER;
ALTER TABLE licenses ADD COLUMN cancels_at INTEGER;
-- The price of all machines before tax and discounts, in the currency's smallest unit, once (no interval) or for each interval.
ALTER TABLE licenses ADD COLUMN price_amount INTEGER;
ALTER TABLE licenses ADD COLUMN price_currency TEXT;
ALTER TABLE licenses ADD COLUMN price_interval TEXT CHECK (price_interval IN ('month', 'year'));
-- The next charge with tax and discounts, in the same currency; null: nothing will be charged.
ALTER TABLE licenses ADD COLUMN next_charge_at INTEGER;
ALTER TABLE licenses ADD COLUMN next_charge_amount INTEGER;
