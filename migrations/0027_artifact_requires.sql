-- The needs of a file as JSON in canonical form (src/domain/releases/requires/requires.ts). Null: it says nothing, as every file before.
ALTER TABLE artifacts ADD COLUMN requires TEXT CHECK (requires IS NULL OR json_valid(requires));
-- Several binaries of a platform stand side by side if their needs differ.
DROP INDEX artifacts_by_platform;
CREATE UNIQUE INDEX artifacts_by_platform ON artifacts (release_id, platform, coalesce(requires, '')) WHERE kind = 'binary';
