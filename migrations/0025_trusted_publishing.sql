-- Trusted publishing (src/domain/publishing): workflow runs that publish without a stored secret.

-- A workflow of a repository, by the ids of the issuer, and the workers that its runs may publish.
CREATE TABLE publishers (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL CHECK (provider = 'github'),
  -- The issuer of its tokens. The ids below mean nothing at another one.
  issuer TEXT NOT NULL,
  -- OWNER/REPO at the time it was added: for people, and to recognize forks. Ids decide.
  repository TEXT NOT NULL,
  repository_id TEXT NOT NULL,
  repository_owner_id TEXT NOT NULL,
  -- The path in the repository: .github/workflows/release.yml
  workflow TEXT NOT NULL,
  -- The environment of the job. Null: any or none.
  environment TEXT,
  -- JSON lists: full refs, each with at most one *; worker ids, a trailing * matches the rest.
  refs TEXT NOT NULL CHECK (json_valid(refs)),
  worker_ids TEXT NOT NULL CHECK (json_valid(worker_ids)),
  created_at INTEGER NOT NULL,
  -- The last time that a run got a token.
  used_at INTEGER,
  removed_at INTEGER,
  last_change TEXT NOT NULL
) STRICT;
-- GitHub ignores the case of an environment's name.
CREATE UNIQUE INDEX publishers_in_force ON publishers (issuer, repository_id, workflow, lower(coalesce(environment, ''))) WHERE removed_at IS NULL;

-- The tokens of runs that were exchanged, by their `jti`, until they end.
CREATE TABLE used_run_tokens (
  jti TEXT PRIMARY KEY,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_run_tokens_by_end ON used_run_tokens (ends_at);

-- The workflow run that got a publisher's token, as JSON (src/platform/storage/ledger.ts).
ALTER TABLE admin_tokens ADD COLUMN run TEXT CHECK (run IS NULL OR json_valid(run));
CREATE INDEX admin_tokens_of_publishers ON admin_tokens (expires_at, publisher_id) WHERE publisher_id IS NOT NULL;

-- The actor that published a release, by its name in the audit trail, and its workflow run. Null: unknown, or no run.
ALTER TABLE releases ADD COLUMN published_by TEXT;
ALTER TABLE releases ADD COLUMN published_run TEXT CHECK (published_run IS NULL OR json_valid(published_run));
