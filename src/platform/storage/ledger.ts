import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { AppEnv, Publishers } from "../http/router.ts";
import type { Action } from "./actions.ts";
import type { WorkflowRun } from "./workflow-run.ts";

const ACTOR_KINDS = ["token", "publisher", "access", "license", "account", "recovery", "checkout", "stripe"] as const;
type ActorKind = (typeof ACTOR_KINDS)[number];

/** Actors without an id: the reconciliation with Stripe, an owner erasing their data, the service itself. */
const SOLE_ACTORS = ["reconciliation", "customer", "system"] as const;
type SoleActor = (typeof SOLE_ACTORS)[number];

/**
 * The name of an actor in the audit trail: `token:adm_...`, `publisher:pub_...` (a trusted publisher, by its id),
 * `access:<mail>`, `license:lic_...`, `system`.
 */
export type ActorName = `${ActorKind}:${string}` | SoleActor;

/** The parts of an actor's name, or null for a name that no actor has. */
export function parseActor(name: string): { kind: ActorKind; id: string } | { kind: SoleActor } | null {
  const sole = SOLE_ACTORS.find((actor) => actor === name);
  if (sole !== undefined) return { kind: sole };
  const [, prefix, id = ""] = /^(\w+):(.*)$/s.exec(name) ?? [];
  const kind = ACTOR_KINDS.find((known) => known === prefix);
  return kind === undefined ? null : { kind, id };
}

/** One recorded act. Its id also names the audit and outbox entries, and is the `last_change` of the changed row. */
export type Change = {
  id: string;
  at: UnixSeconds;
  actor: ActorName;
  /** The act, as `noun.verb`: `license.revoke`, `machine.activate`, `release.publish`. */
  action: Action;
  /** The id of the changed thing. Admins search the audit trail by it. */
  subject: string;
  reason: string | null;
  /** Facts about the act. Never a credential or personal data, because the audit trail is never erased. */
  details: Record<string, unknown>;
  /** Details that only the transaction itself can find. */
  found?: FoundDetails;
  /** Our id of the request; null outside of one. */
  requestId: string | null;
  /** The id that the client gave the request. */
  clientRequestId: string | null;
};

/** An SQL expression for a JSON object, with the values of its `?`. Members that are null are left out. */
export type FoundDetails = { sql: string; values: readonly (string | number)[] };

/** The actor, the request and the time of an act. Every store function that writes takes one. */
export type Actor = {
  actor: ActorName;
  requestId: string | null;
  clientRequestId?: string | null;
  now: UnixSeconds;
  /** Only for a trusted publisher. Every entry of the audit trail that it causes names the run. */
  run?: WorkflowRun | null;
};

/** The actor of this request, by its name in the audit trail. */
export const actorOf = (
  {
    var: { requestId, clientRequestId, now },
  }: { var: Pick<AppEnv["Variables"], "requestId" | "clientRequestId" | "now"> },
  actor: ActorName,
): Actor => ({ actor, requestId, clientRequestId, now });

/** Tables whose rows carry `last_change`. */
export type RootTable =
  | "licenses"
  | "machines"
  | "releases"
  | "admin_tokens"
  | "publishers"
  | "orders"
  | "recovery_links"
  | "sessions"
  | "device_logins"
  | "webhook_endpoints";

/** The row that a change is about. Its write sets `last_change`, and all that commits with it depends on that. */
export type Root = { table: RootTable; id: string };

/** A KV record that a change makes stale. */
export type Publication = { topic: keyof Publishers; key: string };

/** A new change by `actor`, with a fresh id. */
export function newChange(
  { actor, requestId, clientRequestId = null, now, run }: Actor,
  what: Pick<Change, "action" | "subject"> & Partial<Pick<Change, "reason" | "details" | "found">>,
): Change {
  const details = run ? { ...what.details, run } : (what.details ?? {});
  return { id: newId("chg"), at: now, actor, requestId, clientRequestId, reason: null, ...what, details };
}

/**
 * A statement that runs only if the change took effect, which is when the root's `last_change` names it. `sql` contains
 * `TOOK_EFFECT` in place of that condition, after all of its own parameters, which are `values`. It is the only copy of
 * the condition.
 */
export const ifChanged = (
  db: D1Database,
  { table, id }: Root,
  changeId: string,
  sql: string,
  ...values: (string | number | null)[]
): D1PreparedStatement =>
  db
    .prepare(sql.replace("TOOK_EFFECT", `EXISTS (SELECT 1 FROM ${table} WHERE id = ? AND last_change = ?)`))
    .bind(...values, id, changeId);

/**
 * Runs `writes` as one transaction with their audit entry and, if `publication` is given, their outbox entry. The
 * writes must set `last_change` of the root to `change.id`, conditionally if they depend on state. The entries are made
 * only if the writes did so. `removed`: the root itself is deleted at the end. Returns whether the change took effect.
 * Throws D1's errors; nothing is written then.
 */
export async function commitChange(
  db: D1Database,
  change: Change,
  root: Root & { removed?: boolean },
  writes: D1PreparedStatement[],
  publication?: Publication,
): Promise<boolean> {
  const entries = [ifChanged(db, root, change.id, `${auditEntry(change)} WHERE TOOK_EFFECT`, ...auditValues(change))];
  if (publication) {
    const { topic, key } = publication;
    const entry = "INSERT INTO outbox (change_id, topic, key, created_at) SELECT ?, ?, ?, ? WHERE TOOK_EFFECT";
    entries.push(ifChanged(db, root, change.id, entry, change.id, topic, key, change.at));
  }
  if (root.removed) {
    entries.push(ifChanged(db, root, change.id, `DELETE FROM ${root.table} WHERE id = ? AND TOOK_EFFECT`, root.id));
  }
  const results = await db.batch([...writes, ...entries]);
  // The count includes the rows that the triggers of a running backup write.
  return (results[writes.length]?.meta.changes ?? 0) > 0;
}

/**
 * Runs `writes` and the audit entry of `change` as one transaction, without a condition. It is for acts that change no
 * row of a RootTable. Throws D1's errors; nothing is written then.
 */
export async function recordAct(db: D1Database, change: Change, writes: D1PreparedStatement[] = []): Promise<void> {
  await db.batch([...writes, db.prepare(auditEntry(change)).bind(...auditValues(change))]);
}

const auditEntry = ({ found }: Pick<Change, "found">): string =>
  `INSERT INTO audit (id, at, actor, action, subject, reason, details, request_id, client_request_id)
  SELECT ?, ?, ?, ?, ?, ?, ${found ? `json_patch(?, ${found.sql})` : "?"}, ?, ?`;

const auditValues = ({
  id,
  at,
  actor,
  action,
  subject,
  reason,
  details,
  found,
  requestId,
  clientRequestId,
}: Change) => [
  ...[id, at, actor, action, subject, reason, JSON.stringify(details), ...(found?.values ?? [])],
  ...[requestId, clientRequestId],
];

/** Whether D1 refused a write because it violates a UNIQUE constraint over `columns` (`table.column`). */
export const isUniqueViolation = (error: unknown, columns: string): boolean =>
  error instanceof Error && error.message.includes(`UNIQUE constraint failed: ${columns}`);
