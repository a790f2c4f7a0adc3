-- Packages of any format: what a publisher declares of one is JSON, in the form of its format (src/domain/releases/package-format.ts).
CREATE TABLE packages_of_formats (
  artifact_id TEXT PRIMARY KEY REFERENCES artifacts (id),
  format TEXT NOT NULL,
  contents TEXT NOT NULL CHECK (json_valid(contents))
) STRICT;
INSERT INTO packages_of_formats (artifact_id, format, contents)
  SELECT artifact_id, 'pacman', json_object('pkginfo', pkginfo, 'files', json(files)) FROM packages;
DROP TABLE packages;
ALTER TABLE packages_of_formats RENAME TO packages;

-- A release has one binary for a platform, and one package of each format. The latter is decided on the whole release
-- (`declareArtifact`), so no index holds it.
DROP INDEX artifacts_by_platform;
CREATE UNIQUE INDEX artifacts_by_platform ON artifacts (release_id, platform) WHERE kind = 'binary';
