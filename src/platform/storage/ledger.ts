import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/** One recorded act. Its id also names the audit and outbox entries, and stands in the `last_change` of what it wrote. */
export type Change = {
  id: string;
  at: UnixSeconds;
  /** Who: `token:adm_...`, `access:mail`, `license:lic_...`, `system`. */
  actor: string;
  /** What, as `noun.verb`: `license.revoke`, `machine.activate`, `release.publish`. */
  action: string;
  /** The id of the thing it happened to: what the audit trail is searched by. */
  subject: string;
  reason: string | null;
  /** Facts worth keeping. Never a credential, and no personal data: the audit trail is never erased. */
  details: Record<string, unknown>;
  requestId: string | null;
};

/** Who acts, in which request and when: what every store function that writes takes. */
export type Actor = { actor: string; requestId: string | null; now: UnixSeconds };

/** Tables whose rows carry `last_change`. */
export type RootTable =
  | "licenses"
  | "machines"
  | "releases"
  | "artifacts"
  | "admin_tokens"
  | "recovery_links"
  | "sessions";

/** The row that a change has as its root; `removed` if the row itself goes with the change. */
export type Root = { table: RootTable; id: string; removed?: boolean };

/** A KV record that a change makes stale. */
export type Publication = { topic: "license" | "manifest"; key: string };

/** A change with a fresh id, by `actor`. */
export function newChange(
  { actor, requestId, now }: Actor,
  what: { action: string; subject: string; reason?: string | null; details?: Record<string, unknown> },
): Change {
  return { id: newId("chg"), at: now, actor, requestId, reason: null, details: {}, ...what };
}

/**
 * Runs `writes` as one transaction with their audit entry and, if `publication` is given, their outbox entry.
 * The writes must set `last_change` of the row `root` to `change.id`, conditionally if they depend on state; the entries
 * are made only if that row says so afterwards. A root that is to be removed goes after them. Returns whether it said so. Throws
 * what D1 throws (nothing is written then).
 */
export async function commitChange(
  db: D1Database,
  change: Change,
  root: Root,
  writes: D1PreparedStatement[],
  publication?: Publication,
): Promise<boolean> {
  const guard = `EXISTS (SELECT 1 FROM ${root.table} WHERE id = ? AND last_change = ?)`;
  const entries = [auditEntry(db, change, { condition: guard, values: [root.id, change.id] })];
  if (publication) {
    entries.push(
      db
        .prepare(`INSERT INTO outbox (change_id, topic, key, created_at) SELECT ?, ?, ?, ? WHERE ${guard}`)
        .bind(change.id, publication.topic, publication.key, change.at, root.id, change.id),
    );
  }
  if (root.removed) {
    entries.push(db.prepare(`DELETE FROM ${root.table} WHERE id = ? AND last_change = ?`).bind(root.id, change.id));
  }
  const results = await db.batch([...writes, ...entries]);
  return results[writes.length]?.meta.changes === 1;
}

/**
 * Runs `writes` as one transaction with the audit entry of `change`, which depends on nothing: for acts that change no row of a
 * RootTable. Throws what D1 throws (nothing is written then).
 */
export async function recordAct(db: D1Database, change: Change, writes: D1PreparedStatement[] = []): Promise<void> {
  await db.batch([...writes, auditEntry(db, change, { condition: "true", values: [] })]);
}

const auditEntry = (
  db: D1Database,
  change: Change,
  only: { condition: string; values: string[] },
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO audit (id, at, actor, action, subject, reason, details, request_id)
       SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE ${only.condition}`,
    )
    .bind(
      change.id,
      change.at,
      change.actor,
      change.action,
      change.subject,
      change.reason,
      JSON.stringify(change.details),
      change.requestId,
      ...only.values,
    );

/** Whether D1 refused a write because a UNIQUE constraint over `columns` (`table.column`) does not hold. */
export const isUniqueViolation = (error: unknown, columns: string): boolean =>
  error instanceof Error && error.message.includes(`UNIQUE constraint failed: ${columns}`);
