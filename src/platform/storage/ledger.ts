import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { AppEnv, Publishers } from "../http/router.ts";

const ACTOR_KINDS = ["token", "access", "license", "account", "recovery", "checkout", "stripe"] as const;
type ActorKind = (typeof ACTOR_KINDS)[number];

/** Actors that are not one of many: the comparison with Stripe, an owner who erases their data, the service itself. */
const SOLE_ACTORS = ["reconciliation", "customer", "system"] as const;
type SoleActor = (typeof SOLE_ACTORS)[number];

/** The name of an actor in the audit trail: `token:adm_...`, `access:<mail>`, `license:lic_...`, `system`. */
export type ActorName = `${ActorKind}:${string}` | SoleActor;

/** The parts of an actor's name; null for a name that no actor has (any more). */
export function parseActor(name: string): { kind: ActorKind; id: string } | { kind: SoleActor } | null {
  const sole = SOLE_ACTORS.find((actor) => actor === name);
  if (sole !== undefined) return { kind: sole };
  const [, prefix, id = ""] = /^(\w+):(.*)$/s.exec(name) ?? [];
  const kind = ACTOR_KINDS.find((known) => known === prefix);
  return kind === undefined ? null : { kind, id };
}

/** One recorded act. Its id also names the audit and outbox entries, and stands in the `last_change` of what it wrote. */
export type Change = {
  id: string;
  at: UnixSeconds;
  actor: ActorName;
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
export type Actor = { actor: ActorName; requestId: string | null; now: UnixSeconds };

/** `actor`, as the audit trail names them, acting in this request. */
export const actorOf = (
  { var: { requestId, now } }: { var: Pick<AppEnv["Variables"], "requestId" | "now"> },
  actor: ActorName,
): Actor => ({ actor, requestId, now });

/** Tables whose rows carry `last_change`. */
export type RootTable = "licenses" | "machines" | "releases" | "admin_tokens" | "recovery_links" | "sessions";

/** The row that a change is about. Its write sets `last_change`, and everything beside that write depends on it. */
export type Root = { table: RootTable; id: string };

/** A KV record that a change makes stale. */
export type Publication = { topic: keyof Publishers; key: string };

/** A change with a fresh id, by `actor`. */
export function newChange(
  { actor, requestId, now }: Actor,
  what: { action: string; subject: string; reason?: string | null; details?: Record<string, unknown> },
): Change {
  return { id: newId("chg"), at: now, actor, requestId, reason: null, details: {}, ...what };
}

/** The SQL condition, with its values, that a change took effect: its root then names it. The only copy of this condition. */
export const tookEffect = ({ table, id }: Root, changeId: string): { sql: string; values: [string, string] } => ({
  sql: `EXISTS (SELECT 1 FROM ${table} WHERE id = ? AND last_change = ?)`,
  values: [id, changeId],
});

/**
 * A statement that does something only if the change took effect. `sql` says `TOOK_EFFECT` where the condition goes, after all
 * of its own parameters, which are `values`.
 */
export function ifChanged(
  db: D1Database,
  root: Root,
  changeId: string,
  sql: string,
  ...values: (string | number | null)[]
): D1PreparedStatement {
  const condition = tookEffect(root, changeId);
  return db.prepare(sql.replace("TOOK_EFFECT", condition.sql)).bind(...values, ...condition.values);
}

/**
 * Runs `writes` as one transaction with their audit entry and, if `publication` is given, their outbox entry. The writes must set
 * `last_change` of the root to `change.id`, conditionally if they depend on state; the entries are made only if they did.
 * `removed`: the root itself is deleted at the end. Returns whether the change took effect. Throws D1's errors; nothing is
 * written then.
 */
export async function commitChange(
  db: D1Database,
  change: Change,
  root: Root & { removed?: boolean },
  writes: D1PreparedStatement[],
  publication?: Publication,
): Promise<boolean> {
  const entries = [ifChanged(db, root, change.id, `${AUDIT_ENTRY} WHERE TOOK_EFFECT`, ...auditValues(change))];
  if (publication) {
    const { topic, key } = publication;
    const entry = "INSERT INTO outbox (change_id, topic, key, created_at) SELECT ?, ?, ?, ? WHERE TOOK_EFFECT";
    entries.push(ifChanged(db, root, change.id, entry, change.id, topic, key, change.at));
  }
  if (root.removed) {
    entries.push(ifChanged(db, root, change.id, `DELETE FROM ${root.table} WHERE id = ? AND TOOK_EFFECT`, root.id));
  }
  const results = await db.batch([...writes, ...entries]);
  return results[writes.length]?.meta.changes === 1;
}

/**
 * Runs `writes` as one transaction with the audit entry of `change`, unconditionally: for acts that change no row of a RootTable.
 * Throws D1's errors; nothing is written then.
 */
export async function recordAct(db: D1Database, change: Change, writes: D1PreparedStatement[] = []): Promise<void> {
  await db.batch([...writes, db.prepare(AUDIT_ENTRY).bind(...auditValues(change))]);
}

const AUDIT_ENTRY = `INSERT INTO audit (id, at, actor, action, subject, reason, details, request_id)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?`;

const auditValues = ({ id, at, actor, action, subject, reason, details, requestId }: Change) =>
  [id, at, actor, action, subject, reason, JSON.stringify(details), requestId] as const;

/** Whether D1 refused a write because a UNIQUE constraint over `columns` (`table.column`) does not hold. */
export const isUniqueViolation = (error: unknown, columns: string): boolean =>
  error instanceof Error && error.message.includes(`UNIQUE constraint failed: ${columns}`);
