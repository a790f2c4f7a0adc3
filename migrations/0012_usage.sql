-- What is counted late, by day: for charts, and to see a key that is abused. `day` is the first second of one, in UTC.

-- Kept in step with `downloads` by the database itself, in the same transaction and as exactly.
CREATE TABLE download_days (
  day INTEGER NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, worker_id, version, platform)
) STRICT, WITHOUT ROWID;
INSERT INTO download_days (day, worker_id, version, platform, count)
  SELECT at - at % 86400, worker_id, version, platform, count(*) FROM downloads GROUP BY 1, 2, 3, 4;
CREATE TRIGGER downloads_are_counted AFTER INSERT ON downloads BEGIN INSERT INTO download_days (day, worker_id, version, platform, count) VALUES (new.at - new.at % 86400, new.worker_id, new.version, new.platform, 1) ON CONFLICT DO UPDATE SET count = count + 1; END;

-- Attempts that were refused (src/usage/refusal.ts).
CREATE TABLE refusal_days (
  day INTEGER NOT NULL,
  area TEXT NOT NULL,
  code TEXT NOT NULL,
  -- The worker that was asked for; empty: none.
  worker_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, area, code, worker_id)
) STRICT, WITHOUT ROWID;

-- Those of them that came with a genuine credential.
CREATE TABLE license_refusals (
  day INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  code TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, license_id, code)
) STRICT, WITHOUT ROWID;

-- From which country and network (autonomous system, 0: unknown) a license's credentials were used. No address is kept.
CREATE TABLE license_places (
  license_id TEXT NOT NULL,
  country TEXT NOT NULL,
  network INTEGER NOT NULL,
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  PRIMARY KEY (license_id, country, network)
) STRICT, WITHOUT ROWID;

-- How many licenses there were by status, and activated machines, when a day began: what no fact tells afterwards.
CREATE TABLE standing_days (
  day INTEGER PRIMARY KEY,
  active INTEGER NOT NULL,
  suspended INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  revoked INTEGER NOT NULL,
  machines INTEGER NOT NULL
) STRICT;

CREATE INDEX machines_active ON machines (license_id) WHERE deactivated_at IS NULL;

-- What the dashboard and the system page look for among much that is in order.
CREATE INDEX license_charges_by_update ON license_charges (updated_at);
CREATE INDEX mails_given_up ON mails (created_at) WHERE next_attempt_at IS NULL AND sent_at IS NULL;
