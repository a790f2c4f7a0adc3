-- The git tag that a release of a free worker was built from; null: its recipe builds the development branch.
ALTER TABLE releases ADD COLUMN source_tag TEXT;
