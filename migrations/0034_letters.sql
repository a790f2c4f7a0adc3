-- Mails about a change of standing. `told` is the phase of the license that its owner was last told of
-- (src/domain/licensing/license/phase.ts), and `tell_at` the next time at which the clock alone gives a reason for a
-- mail. Null: no clock does. 0: the job has not looked yet. An older Worker leaves both as they are, and the job
-- corrects them.
ALTER TABLE licenses ADD COLUMN told TEXT;
ALTER TABLE licenses ADD COLUMN tell_at INTEGER DEFAULT 0;
CREATE INDEX licenses_to_tell ON licenses (tell_at) WHERE tell_at IS NOT NULL;

-- The topics of mails that an address has turned off. Erased with the address.
CREATE TABLE mail_opt_outs (
  email TEXT NOT NULL,
  topic TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (email, topic)
) STRICT, WITHOUT ROWID;

UPDATE mails SET kind = 'license_ended' WHERE kind = 'license_expired';
