-- What an admin amends in a license that was sold, and addresses that are found by any part of them.

-- The machines that the subscription pays for, and the least number that an admin has granted; null: none. `machine_limit`, which
-- decides, is the greater one. Two facts with a writer each, as `expires_at` and `extended_until`: no payment undoes an amendment.
ALTER TABLE licenses ADD COLUMN machine_limit_paid INTEGER CHECK (machine_limit_paid >= 0);
ALTER TABLE licenses ADD COLUMN machine_limit_floor INTEGER CHECK (machine_limit_floor >= 1);
UPDATE licenses SET machine_limit_paid = machine_limit WHERE stripe_subscription_id IS NOT NULL;
-- 1: an admin has chosen the plan since the subscription ended. The ended subscription decides the grant no longer.
ALTER TABLE licenses ADD COLUMN plan_amended INTEGER NOT NULL DEFAULT 0 CHECK (plan_amended IN (0, 1));
-- 1: an admin has amended the address, and the customer at Stripe does not have it yet. A job tries until it has.
ALTER TABLE licenses ADD COLUMN customer_email_due INTEGER NOT NULL DEFAULT 0 CHECK (customer_email_due IN (0, 1));
CREATE INDEX licenses_customer_email_due ON licenses (id) WHERE customer_email_due = 1;

-- Each address of a license once, and parts of it: the text from each third character on, ten characters at most. A search leaves out
-- none, one and two of its first characters, so it finds any part of an address by three ranges of an index. It is an ordinary table and
-- no FTS5: `wrangler d1 export` cannot export a virtual table, and makes a database that has one unreachable (cloudflare/workers-sdk#9519).
-- Triggers keep both tables, so that no writer can forget them.
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE address_parts (
  part TEXT NOT NULL,
  address_id INTEGER NOT NULL,
  PRIMARY KEY (part, address_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER address_has_parts AFTER INSERT ON addresses BEGIN INSERT INTO address_parts (part, address_id) SELECT DISTINCT substr(new.email, 3 * key + 1, 10), new.id FROM json_each('[0' || replace(printf('%*s', (length(new.email) - 1) / 3, ''), ' ', ',0') || ']'); END;
CREATE TRIGGER address_loses_parts AFTER DELETE ON addresses BEGIN DELETE FROM address_parts WHERE address_id = old.id AND part IN (SELECT substr(old.email, 3 * key + 1, 10) FROM json_each('[0' || replace(printf('%*s', (length(old.email) - 1) / 3, ''), ' ', ',0') || ']')); END;
CREATE TRIGGER address_of_new_license AFTER INSERT ON licenses WHEN instr(new.email, '@') > 0 BEGIN INSERT INTO addresses (email) SELECT new.email WHERE NOT EXISTS (SELECT 1 FROM addresses WHERE email = new.email); END;
CREATE TRIGGER address_of_changed_license AFTER UPDATE OF email ON licenses WHEN old.email IS NOT new.email BEGIN INSERT INTO addresses (email) SELECT new.email WHERE instr(new.email, '@') > 0 AND NOT EXISTS (SELECT 1 FROM addresses WHERE email = new.email); DELETE FROM addresses WHERE email = old.email AND NOT EXISTS (SELECT 1 FROM licenses WHERE email = old.email); END;
CREATE TRIGGER address_of_deleted_license AFTER DELETE ON licenses BEGIN DELETE FROM addresses WHERE email = old.email AND NOT EXISTS (SELECT 1 FROM licenses WHERE email = old.email); END;
INSERT INTO addresses (email) SELECT DISTINCT email FROM licenses WHERE instr(email, '@') > 0;
