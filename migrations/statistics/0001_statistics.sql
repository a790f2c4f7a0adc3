-- The statistics: everything that is counted. It is a database of its own, so that a full, slow or dead one changes
-- nothing for what is sold. Nothing in it decides. Times are whole seconds since 1970 in UTC, and a day is its first
-- second. D1 bills each written row of a table and of each index, so no table here has an index beside its key.

-- Downloads by day, as the cron folds them from the tables below.
CREATE TABLE download_days (
  day INTEGER NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, worker_id, version, platform)
) STRICT, WITHOUT ROWID;

-- Downloads without a license, as a batch of the queue brought them: [[day, worker, version, platform, count]]. One row
-- a batch costs less than a row a file. The cron folds these rows into download_days.
CREATE TABLE download_batches (
  id INTEGER PRIMARY KEY,
  counts TEXT NOT NULL CHECK (json_valid(counts))
) STRICT;

-- The progress of jobs, as in the ledger. `license_downloads`: the hour up to which these are in download_days as well.
CREATE TABLE watermarks (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  position TEXT
) STRICT;
INSERT INTO watermarks VALUES ('license_downloads', 0, NULL);

-- Attempts that were refused (src/platform/usage/message.ts).
CREATE TABLE refusal_days (
  day INTEGER NOT NULL,
  area TEXT NOT NULL,
  code TEXT NOT NULL,
  -- The requested worker. Empty: none.
  worker_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, area, code, worker_id)
) STRICT, WITHOUT ROWID;

-- The refused attempts that came with a genuine credential.
CREATE TABLE license_refusals (
  day INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  code TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, license_id, code)
) STRICT, WITHOUT ROWID;

-- The countries and networks (autonomous systems, 0: unknown) in which the credentials of a license were used. No
-- address is kept.
CREATE TABLE license_places (
  license_id TEXT NOT NULL,
  country TEXT NOT NULL,
  network INTEGER NOT NULL,
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  PRIMARY KEY (license_id, country, network)
) STRICT, WITHOUT ROWID;

-- Licenses by status, and activated machines, at the beginning of a day.
CREATE TABLE standing_days (
  day INTEGER PRIMARY KEY,
  active INTEGER NOT NULL,
  suspended INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  revoked INTEGER NOT NULL,
  machines INTEGER NOT NULL
) STRICT;

-- Downloads with a license, a row for each link. A table holds 15 days, and the eighth is used again after 120 days: to
-- drop a table costs no written row, and to delete its rows costs one for each (src/platform/usage/partition.ts).
CREATE TABLE license_downloads_0 (
  -- The first second of the hour (UTC) in which the link was made.
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  -- The machine's fingerprint hash.
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_1 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_2 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_3 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_4 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_5 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_6 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE license_downloads_7 (
  hour INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  machine TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (hour, license_id, link_id)
) STRICT, WITHOUT ROWID;
