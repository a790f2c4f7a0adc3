import * as z from "zod";
import { type Cell, csvLine } from "../../lib/csv.ts";
import { earliestId } from "../../lib/id.ts";
import { printableLines } from "../../lib/printable.ts";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import { ROWS_A_READ, streamLines } from "../http/csv.ts";

/** A row of the audit trail; `details` is its JSON parsed. */
export const AuditRow = z.object({
  id: z.string(),
  /** The place of the act in the order of all commits, from 1. */
  sequence: z.number(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string().overwrite(printableLines).nullable(),
  details: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
  request_id: z.string().nullable(),
  client_request_id: z.string().nullable(),
});

/** One entry of the audit trail, as `commitChange` wrote it. `at` is in seconds. */
export type AuditEntry = z.output<typeof AuditRow>;

/** The columns of `AuditRow`. */
export const AUDIT_COLUMNS = "id, sequence, at, actor, action, subject, reason, details, request_id, client_request_id";

/**
 * A filter of entries; all given members apply. `before` is the id of a newer entry. `from` and `until` are times: from
 * the first on, and before the second.
 */
export type AuditFilter = Partial<Record<"subject" | "actor" | "action" | "before", string | undefined>> &
  Partial<Record<"from" | "until", UnixSeconds | undefined>>;

/** An SQL condition and its parameters. */
type Condition = { sql: string; values: readonly string[] };

/** The actions of most entries. The index of actions leaves them out (migrations/0016_counts.sql). */
const FREQUENT = `('license.buy', 'license.follow-payment', 'machine.activate', 'machine.deactivate', 'machine.lease')`;

/** The condition of the index of actions. */
export const NOT_FREQUENT = `action NOT IN ${FREQUENT}`;

/**
 * The entries that revoke a license: by an admin, for a refund, with an erasure, and by Stripe's news of a full refund
 * or a lost dispute. The index of revocations has the same condition (migrations/0042_revocations.sql).
 */
const REVOKES = `(action IN ('license.revoke', 'license.refund', 'license.erase') OR (action = 'license.follow-payment'
  AND (json_extract(details, '$.refund_state') = 'full' OR json_extract(details, '$.dispute_state') = 'lost')))`;

/** The entries of an action: a rare one has an index, and a frequent one is found among the newest entries. */
const byAction = (action: string): Condition =>
  action === "license.revoke" ? { sql: REVOKES, values: [] } : byName(action);

const byName = (action: string): Condition => ({
  sql: FREQUENT.includes(`'${action}'`) ? "action = ?" : `action = ? AND action NOT IN ${FREQUENT}`,
  values: [action],
});

/** The actors of few entries: not hives, and not Stripe's events. The index of actors has them alone. */
export const IS_PERSON =
  "NOT (actor >= 'license:' AND actor < 'license;') AND NOT (actor >= 'stripe:' AND actor < 'stripe;')";

/**
 * The entries of an actor. A person has an index. A hive acts on its own license, and an event of Stripe on the
 * licenses that it names: the subjects. An event that is no longer kept is looked for in the whole trail.
 */
async function byActor(db: D1Database, actor: string): Promise<Condition> {
  const [, kind, id = ""] = /^(license|stripe):(.*)$/s.exec(actor) ?? [];
  if (kind === "license") return { sql: "actor = ? AND subject = ?", values: [actor, id] };
  if (kind === undefined) return { sql: `actor = ? AND ${IS_PERSON}`, values: [actor] };
  const event = await db.prepare("SELECT 1 FROM stripe_events WHERE id = ?").bind(id).first();
  if (event === null) return { sql: "actor = ?", values: [actor] };
  const subjects = "subject IN (SELECT license_id FROM stripe_event_licenses WHERE event_id = ?)";
  return { sql: `actor = ? AND ${subjects}`, values: [actor, id] };
}

/** Up to `limit` matching entries, newest first. */
export async function listAudit(db: D1Database, filter: AuditFilter, limit: number): Promise<AuditEntry[]> {
  const { subject, actor, action, before, from, until } = filter;
  const conditions: Condition[] = [
    ...(subject === undefined ? [] : [{ sql: "subject = ?", values: [subject] }]),
    ...(actor === undefined ? [] : [await byActor(db, actor)]),
    ...(action === undefined ? [] : [byAction(action)]),
    ...(before === undefined ? [] : [{ sql: "id < ?", values: [before] }]),
    // Ids sort by time, so each index finds a range of days, too.
    ...(from === undefined ? [] : [{ sql: "id >= ?", values: [earliestId("chg", from)] }]),
    ...(until === undefined ? [] : [{ sql: "id < ?", values: [earliestId("chg", until)] }]),
  ];
  const where = conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}` : "";
  const { results } = await db
    .prepare(`SELECT ${AUDIT_COLUMNS} FROM audit ${where} ORDER BY id DESC LIMIT ?`)
    .bind(...conditions.flatMap(({ values }) => values), limit)
    .all();
  return results.map((row) => AuditRow.parse(row));
}

const CSV_COLUMNS: readonly (keyof AuditEntry)[] = [
  ...(["sequence", "at", "actor", "action", "subject", "reason", "details"] as const),
  ...(["id", "request_id", "client_request_id"] as const),
];

const cellsOf = (entry: AuditEntry): Cell[] => [
  entry.sequence,
  toRfc3339(entry.at),
  ...[entry.actor, entry.action, entry.subject, entry.reason, JSON.stringify(entry.details)],
  ...[entry.id, entry.request_id, entry.client_request_id],
];

/** All matching entries as CSV, newest first. `details` is a column of JSON. An error of D1 breaks the file off. */
export const auditCsv = (db: D1Database, filter: AuditFilter): ReadableStream<Uint8Array> =>
  streamLines(
    csvLine(CSV_COLUMNS),
    (after: AuditEntry | undefined) => listAudit(db, { ...filter, ...(after && { before: after.id }) }, ROWS_A_READ),
    (entry) => csvLine(cellsOf(entry)),
  );
