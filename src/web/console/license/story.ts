import * as z from "zod";
import { type License, LicenseRow, MachineRow } from "../../../domain/licensing/license/record.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";

/** The kinds of things that happen to a license. */
export const STORY_KINDS = ["act", "payment", "mail", "download"] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

const ActRow = z.object({
  id: z.string(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  reason: z.string().nullable(),
  details: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
});

const PaymentRow = z.object({
  id: z.string(),
  at: z.number(),
  type: z.string(),
  object_id: z.string().nullable(),
  outcome: z.string().nullable(),
  attention: z.number().transform((flag) => flag === 1),
});

const MailRow = z.object({
  id: z.string(),
  at: z.number(),
  mail: z.string(),
  recipient: z.string(),
  sent_at: z.number().nullable(),
  attempts: z.number(),
  next_attempt_at: z.number().nullable(),
  last_error: z.string().nullable(),
});

const DownloadRow = z.object({
  id: z.string(),
  at: z.number(),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** The machine's fingerprint hash. */
  machine: z.string().nullable(),
});

/** Something that happened to a license: an entry of the audit trail, an event of Stripe's, a mail, or a download. */
export type StoryEntry =
  | ({ kind: "act" } & z.output<typeof ActRow>)
  | ({ kind: "payment" } & z.output<typeof PaymentRow>)
  | ({ kind: "mail" } & z.output<typeof MailRow>)
  | ({ kind: "download" } & z.output<typeof DownloadRow>);

/** How entries of each kind are read: ?1 is the license, ?2 the time that they were before, ?3 how many at most. */
export const STORY_SOURCES: Record<StoryKind, { sql: string; parse: (row: unknown) => StoryEntry }> = {
  act: {
    sql: `SELECT id, at, actor, action, reason, details FROM audit WHERE subject = ?1 AND at < ?2 ORDER BY at DESC, id DESC LIMIT ?3`,
    parse: (row) => ({ kind: "act", ...ActRow.parse(row) }),
  },
  payment: {
    sql: `SELECT id, created AS at, type, object_id, outcome, attention FROM stripe_event_licenses
      JOIN stripe_events ON id = event_id WHERE license_id = ?1 AND created < ?2 ORDER BY created DESC LIMIT ?3`,
    parse: (row) => ({ kind: "payment", ...PaymentRow.parse(row) }),
  },
  mail: {
    sql: `SELECT id, created_at AS at, kind AS mail, recipient, sent_at, attempts, next_attempt_at, last_error FROM mails
      WHERE license_id = ?1 AND created_at < ?2 ORDER BY created_at DESC LIMIT ?3`,
    parse: (row) => ({ kind: "mail", ...MailRow.parse(row) }),
  },
  download: {
    sql: `SELECT link_id AS id, at, worker_id, version, platform, machine FROM downloads
      WHERE license_id = ?1 AND at < ?2 ORDER BY at DESC LIMIT ?3`,
    parse: (row) => ({ kind: "download", ...DownloadRow.parse(row) }),
  },
};

const ChargeRow = z.object({ charge_id: z.string(), refund_state: z.string(), dispute_state: z.string() });
const OrderRow = z.object({
  id: z.string(),
  plan: z.string(),
  machines: z.number(),
  state: z.string(),
  created_at: z.number(),
});
const UsageRow = z.object({ machine: z.string().nullable(), downloads: z.number() });

/** All that the ledger knows of a license. */
export type LicenseStory = {
  license: License;
  /** The checkout that it was bought in, if that began here. */
  order: z.output<typeof OrderRow> | null;
  /** The charges that refunds or disputes have been about. */
  charges: z.output<typeof ChargeRow>[];
  /** Downloads of the last 30 days, by the machine's fingerprint hash. */
  usage: Map<string | null, z.output<typeof UsageRow>>;
  /** What happened, newest first. */
  entries: StoryEntry[];
  /** What `before` must be to read on; null: these are the oldest. */
  next: UnixSeconds | null;
};

/** Which part of a story to read: the kinds of entries, at most about so many, and only what was before a time. */
export type StoryPart = { kinds: readonly StoryKind[]; limit: number; before: UnixSeconds | null };

/** How far back downloads are counted by machine, in seconds. */
const USAGE_SECONDS = 30 * DAY;

/** The story of a license, read as one batch; null: there is none with this id. Throws what D1 throws. */
export async function readLicenseStory(
  db: D1Database,
  id: string,
  { kinds, limit, before }: StoryPart,
  now: UnixSeconds,
): Promise<LicenseStory | null> {
  const sources = kinds.map((kind) => STORY_SOURCES[kind]);
  const [licenses, machines, orders, charges, usage, ...parts] = await db.batch([
    db.prepare("SELECT * FROM licenses WHERE id = ?").bind(id),
    db.prepare("SELECT * FROM machines WHERE license_id = ? ORDER BY activated_at, id").bind(id),
    db
      .prepare(
        "SELECT * FROM orders WHERE checkout_session_id = (SELECT checkout_session_id FROM licenses WHERE id = ?)",
      )
      .bind(id),
    db.prepare("SELECT * FROM license_charges WHERE license_id = ?").bind(id),
    db
      .prepare("SELECT machine, count(*) AS downloads FROM downloads WHERE license_id = ? AND at > ? GROUP BY machine")
      .bind(id, now - USAGE_SECONDS),
    // One more than is shown says that there is more.
    ...sources.map(({ sql }) => db.prepare(sql).bind(id, before ?? Number.MAX_SAFE_INTEGER, limit + 1)),
  ]);
  const [row] = licenses?.results ?? [];
  if (row === undefined) return null;
  const entries = sources.flatMap(({ parse }, index) => (parts[index]?.results ?? []).map(parse));
  const [order = null] = z.array(OrderRow).parse(orders?.results);
  return {
    license: { ...LicenseRow.parse(row), machines: z.array(MachineRow).parse(machines?.results) },
    order,
    charges: z.array(ChargeRow).parse(charges?.results),
    usage: new Map(
      z
        .array(UsageRow)
        .parse(usage?.results)
        .map((one) => [one.machine, one]),
    ),
    ...newestOf(entries, limit),
  };
}

/**
 * The newest entries of `read`, `limit` of them at most: what happened in one second is not divided, so that reading on from
 * there misses nothing. (Of more than `limit` in one second, as many are shown as were read.)
 */
export function newestOf(read: StoryEntry[], limit: number): Pick<LicenseStory, "entries" | "next"> {
  const sorted = read.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  const beyond = sorted[limit];
  if (beyond === undefined) return { entries: sorted, next: null };
  const entries = sorted.filter(({ at }) => at > beyond.at);
  return entries.length > 0
    ? { entries, next: beyond.at + 1 }
    : { entries: sorted.filter(({ at }) => at === beyond.at), next: beyond.at };
}
