-- The source statement of a release: the commit of its tag, and the release key's minisign signature that binds both to the worker and
-- version. All null: no commit is pinned. A recipe then builds the tag only where unsigned releases are allowed.
ALTER TABLE releases ADD COLUMN source_repository TEXT;
ALTER TABLE releases ADD COLUMN source_commit TEXT;
ALTER TABLE releases ADD COLUMN source_signature TEXT;
