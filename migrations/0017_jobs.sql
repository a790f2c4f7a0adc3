-- The cron sends one message for each due job, and each message is worked off in an invocation of its own.

-- The run that holds a job, so that a job does not overlap itself. `name` is the job's, with its subject if it has one
-- (`check-file art_...`). A run may take several messages: `step` counts them, and `message` is the id of the current one.
CREATE TABLE job_leases (
  name TEXT PRIMARY KEY,
  run TEXT NOT NULL,
  step INTEGER NOT NULL,
  message TEXT NOT NULL,
  -- Where the current step began; null: at the start.
  position TEXT,
  started_at INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How each job fared. `duration_ms` is the time that the last finished run worked, in all of its invocations.
CREATE TABLE jobs (
  name TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  duration_ms INTEGER,
  failed_at INTEGER,
  last_error TEXT,
  -- The failed attempts since the last success.
  failures INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Messages that no consumer could work off. The run of a job has one row however often it fails, other messages one each.
CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  queue TEXT NOT NULL CHECK (queue IN ('jobs', 'downloads')),
  -- The job, or the kind of a count (`download`, `use`, `refusals`); `unknown` if the message has no known shape.
  kind TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX dead_letters_of_jobs ON dead_letters (kind, subject) WHERE queue = 'jobs' AND kind <> 'unknown';
CREATE INDEX dead_letters_by_time ON dead_letters (last_at);
