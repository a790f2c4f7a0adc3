/** The migrations that this version needs, by database. A test compares them with the folders. */
export const MIGRATIONS = {
  ledger: [
    "0001_ledger.sql",
    "0002_purchase.sql",
    "0003_mail.sql",
    "0004_release_source_tag.sql",
    "0005_packages.sql",
    "0006_recipe_history.sql",
    "0007_provenance.sql",
    "0010_sessions.sql",
    "0011_console_indexes.sql",
    "0012_usage.sql",
    "0013_discarded_objects.sql",
    "0014_package_formats.sql",
    "0015_deployment.sql",
    "0016_counts.sql",
    "0017_jobs.sql",
    "0018_artifact_checks.sql",
    "0019_backup.sql",
    "0023_status_indices.sql",
  ],
  statistics: ["0001_statistics.sql"],
} as const;
