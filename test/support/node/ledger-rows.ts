/**
 * One row for each table that only Stripe, a person's browser or a failure fills. `$license` and `$artifact` are ids.
 */
export const ROWS_OF_STRIPE_AND_JOBS = [
  "INSERT INTO orders (id, checkout_session_id, plan, machines, state, cookie_hash, created_at) VALUES ('ord_1', 'cs_1', 'premium-monthly', 5, 'complete', 'hash', 1)",
  "INSERT INTO stripe_events (id, type, object_id, created, received_at, handled_at, outcome) VALUES ('evt_1', 'invoice.paid', 'in_1', 1, 1, 1, 'license $license')",
  "INSERT INTO stripe_event_licenses VALUES ('evt_1', '$license')",
  "INSERT INTO license_charges VALUES ('ch_1', '$license', 'partial', 'none', 1)",
  "INSERT INTO sessions VALUES ('hash', 'license', '$license', 0, 1, 1, 9000000000, 'chg_1')",
  "INSERT INTO recovery_links VALUES ('rec_1', 'hash', 'ada@example.com', 1, 9000000000, NULL, NULL)",
  "INSERT INTO outbox VALUES ('chg_1', 'license', '$license', 1)",
  "INSERT INTO discarded_objects VALUES ('artifacts/gone', NULL, 1)",
  "INSERT INTO deployment VALUES (1, 'rbee-worker-catalog', 'http://localhost:8787', 0, 1)",
  "INSERT INTO jobs (name, started_at, last_error) VALUES ('mails', 1, 'a line\nand another')",
  "INSERT INTO dead_letters (id, queue, kind, body, reason, first_at, last_at) VALUES ('dead_1', 'jobs', 'mails', '{}', 'r', 1, 1)",
  "INSERT INTO artifact_checks (artifact_id, upload_id, actor, requested_at, progressed_at) VALUES ('$artifact', 'u', 'system', 1, 1)",
  "INSERT INTO blocked_files VALUES ('00', 'rel_1', 'llm-worker-rbee-cpu', '1.0.0', 'worker', 1)",
  "INSERT INTO retired_revisions VALUES ('llm-worker-rbee-cpu', 3)",
  "INSERT INTO publishers (id, provider, issuer, repository, repository_id, repository_owner_id, workflow, environment, refs, worker_ids, created_at, last_change) VALUES ('pub_1', 'github', 'https://issuer.test', 'a/b', '1', '2', '.github/workflows/release.yml', NULL, '[]', '[]', 1, 'chg_1')",
  "INSERT INTO used_run_tokens VALUES ('jti', 9000000000)",
  "INSERT INTO usage_erasures VALUES ('$license', 1, 0)",
  "INSERT INTO spent_status_indices VALUES (16777215, 1)",
  "INSERT INTO watermarks VALUES ('reconcile', 1, NULL)",
];
