-- Divided scopes, tokens that end with their makers, and blocks that an owner lifts.

-- The generation of a token's secret: a renewal raises it. An older secret, and each token made with it, has ended.
ALTER TABLE admin_tokens ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE admin_tokens ADD COLUMN renewed_at INTEGER;
-- The token that made this token's secret, and its generation then. Null: a person made it, or an owner has kept it. A token ends with
-- its parent. It names no foreign key, because a backup restores rows in the order of their ids, and a renewal may name a newer token.
ALTER TABLE admin_tokens ADD COLUMN parent_id TEXT;
ALTER TABLE admin_tokens ADD COLUMN parent_generation INTEGER CHECK ((parent_generation IS NULL) = (parent_id IS NULL));
-- The worker ids that the token is limited to, as a JSON list. Null: all.
ALTER TABLE admin_tokens ADD COLUMN workers TEXT CHECK (workers IS NULL OR json_valid(workers));
-- 1: made before the scopes were divided, by this or an older version. Such a token keeps what its scopes meant then.
ALTER TABLE admin_tokens ADD COLUMN scopes_version INTEGER NOT NULL DEFAULT 1;
-- The trusted publisher that a short-lived token acts for.
ALTER TABLE admin_tokens ADD COLUMN publisher_id TEXT;
CREATE INDEX admin_tokens_by_parent ON admin_tokens (parent_id) WHERE parent_id IS NOT NULL;

-- The actor that made a draft, by its name in the audit trail. Null for a release of before this migration.
ALTER TABLE releases ADD COLUMN created_by TEXT;
-- The time at which an owner lifted the block. The row is a draft since then, without files, until the version is drafted anew.
ALTER TABLE releases ADD COLUMN unblocked_at INTEGER;

-- The bytes of every release that was ever blocked. No release offers them again, also after the block is lifted.
CREATE TABLE blocked_files (
  sha256 TEXT NOT NULL,
  release_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  filename TEXT NOT NULL,
  blocked_at INTEGER NOT NULL,
  PRIMARY KEY (sha256, release_id)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO blocked_files (sha256, release_id, worker_id, version, filename, blocked_at)
  SELECT artifacts.sha256, releases.id, worker_id, version, filename, unixepoch()
  FROM artifacts JOIN releases ON releases.id = artifacts.release_id WHERE status = 'blocked';

-- The revisions of releases that have left a worker's manifest. The manifest's serial is a sum of revisions and must never fall.
CREATE TABLE retired_revisions (
  worker_id TEXT PRIMARY KEY,
  revisions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
