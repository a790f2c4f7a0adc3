import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import { newId } from "../../lib/id.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { SCOPES_VERSION, type Scope } from "../../platform/config/scopes.ts";
import { Problem } from "../../platform/http/problem.ts";
import { CLOCK_TOLERANCE } from "../../platform/identity/foreign-token.ts";
import { type Actor, commitChange, isUniqueViolation, newChange } from "../../platform/storage/ledger.ts";
import type { WorkflowRun } from "../../platform/storage/workflow-run.ts";
import type { RunClaims } from "./claims.ts";
import { decidePublisher } from "./decision.ts";
import { workersOf } from "./publisher/fields.ts";
import { findPublishers, type Publisher } from "./publisher/store.ts";
import { explainRunRefusal, REUSED } from "./refusal.ts";

/** How long a run's token works, in seconds. A longer publication asks for the next one. */
const TOKEN_SECONDS = 15 * MINUTE;

/** The scopes of a run's token. */
export const TOKEN_SCOPES: readonly Scope[] = ["releases:write"];

/** The token of a run: the secret, its end, its publisher and its workers. */
export type RunToken = { token: string; expires_at: UnixSeconds; publisher: Publisher; worker_ids: string[] };

/**
 * Exchanges verified claims for an admin token of the publisher that they prove. The token, the use of the claims'
 * `jti` and the audit entry are one transaction: of any number of requests with the same token, one succeeds. Throws
 * the refusals of `decidePublisher`, OIDC_TOKEN_REUSED, and D1's errors.
 */
export async function exchangeRunToken(
  db: D1Database,
  claims: RunClaims,
  request: Omit<Actor, "actor" | "run">,
): Promise<RunToken> {
  const decided = decidePublisher(claims, await findPublishers(db, claims));
  if (!decided.ok) throw new Problem(explainRunRefusal(decided.error, claims));
  const publisher = decided.value;
  const { now } = request;
  const run = runOf(claims);
  const token = newAdminToken();
  const [id, expires_at, worker_ids] = [newId("adm"), now + TOKEN_SECONDS, workersOf(publisher.worker_ids)];
  const actor: Actor = { ...request, actor: `publisher:${publisher.id}`, run };
  const details = { token_id: id, expires_at, worker_ids };
  const change = newChange(actor, { action: "publisher.exchange", subject: publisher.id, details });
  const row = {
    ...{ id, name: `${claims.repository} run ${run.run_id}`, token_hash: await hashAdminToken(token) },
    ...{ scopes: JSON.stringify(TOKEN_SCOPES), scopes_version: SCOPES_VERSION, workers: JSON.stringify(worker_ids) },
    ...{ publisher_id: publisher.id, run: JSON.stringify(run), created_at: now, expires_at, last_change: change.id },
  };
  const columns = Object.keys(row);
  const inForce = "EXISTS (SELECT 1 FROM publishers WHERE id = ? AND removed_at IS NULL)";
  const writes = [
    db
      .prepare(`INSERT INTO used_run_tokens (jti, ends_at) SELECT ?, ? WHERE ${inForce}`)
      .bind(claims.jti, claims.exp + CLOCK_TOLERANCE, publisher.id),
    db
      .prepare(
        `INSERT INTO admin_tokens (${columns.join(", ")}) SELECT ${columns.map(() => "?").join(", ")} WHERE ${inForce}`,
      )
      .bind(...Object.values(row), publisher.id),
    db
      .prepare("UPDATE publishers SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ? AND removed_at IS NULL")
      .bind(now, publisher.id),
  ];
  try {
    // An owner may have removed the publisher since it was read.
    if (!(await commitChange(db, change, { table: "admin_tokens", id }, writes))) {
      throw new Problem(explainRunRefusal({ reason: "unknown" }, claims));
    }
  } catch (error) {
    if (isUniqueViolation(error, "used_run_tokens.jti")) throw new Problem(REUSED);
    throw error;
  }
  return { token, expires_at, publisher, worker_ids };
}

/** The claims that tokens, releases and the audit trail keep. The person who started the run is not among them. */
const runOf = (claims: RunClaims): WorkflowRun => ({
  repository: claims.repository,
  run_id: claims.run_id,
  run_attempt: claims.run_attempt,
  sha: claims.sha,
  ref: claims.ref,
  workflow_ref: claims.workflow_ref,
  environment: claims.environment ?? null,
  event: claims.event_name,
  runner: claims.runner_environment ?? null,
});

/** The number of tokens that runs have got since the second `since`, which is at most a day ago. Throws D1's errors. */
export async function countRunTokensSince(db: D1Database, since: UnixSeconds): Promise<number> {
  const count = await db
    .prepare(
      `SELECT count(*) AS n FROM admin_tokens WHERE publisher_id IS NOT NULL AND expires_at >= ?1 AND created_at >= ?1`,
    )
    .bind(since)
    .first<number>("n");
  return count ?? 0;
}

/** How long the tokens of runs are kept after their end, in seconds. Only the audit trail is read later. */
const TOKENS_KEPT = 24 * 60 * MINUTE;

/** Deletes ended tokens of runs, and the marks of used ones. Idempotent. Throws D1's errors. */
export async function forgetRunTokens(db: D1Database, now: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM used_run_tokens WHERE ends_at < ?").bind(now),
    db.prepare("DELETE FROM admin_tokens WHERE publisher_id IS NOT NULL AND expires_at < ?").bind(now - TOKENS_KEPT),
  ]);
}
