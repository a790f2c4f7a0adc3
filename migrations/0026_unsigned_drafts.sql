-- The BLAKE2b-512 of a file in base64, from the check of its bytes. A signature that is made later is verified by it.
-- Null: the file is not checked yet, or was checked before this migration.
ALTER TABLE artifacts ADD COLUMN blake2b512 TEXT;

-- Whether a provenance's signatures are verified, by whom they are, or why not, as JSON
-- (src/domain/releases/provenance/verification.ts). Null: attached before this migration, and never verified.
ALTER TABLE provenance ADD COLUMN verification TEXT CHECK (verification IS NULL OR json_valid(verification));

-- The workflow run that made a draft, as JSON, beside `created_by`. The holder of the release key looks at both before signing.
ALTER TABLE releases ADD COLUMN created_run TEXT CHECK (created_run IS NULL OR json_valid(created_run));
