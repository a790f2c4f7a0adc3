-- Source archives (src/domain/releases/source/archive.ts): a file of a release that is no binary and no package, for any platform.
-- The checks of `kind` and `platform` cannot be changed without a new table, so this column decides. The row has the kind
-- of a package: a Worker of before this migration offers such a file to nobody as a binary.
ALTER TABLE artifacts ADD COLUMN is_source INTEGER NOT NULL DEFAULT 0 CHECK (is_source IN (0, 1));
CREATE UNIQUE INDEX artifacts_by_source ON artifacts (release_id) WHERE is_source = 1;
