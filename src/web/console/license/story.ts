import * as z from "zod";
import type { License } from "../../../domain/licensing/license/record.ts";
import { LicenseRow } from "../../../domain/licensing/license/row.ts";
import { parseMachines } from "../../../domain/licensing/license/store.ts";
import { PAYMENT_KINDS, PaymentRow } from "../../../domain/money/payment.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { AuditRow } from "../../../platform/identity/audit-store.ts";
import { countLicenseDownloads, readLicenseDownloads, unlessDown } from "../../../platform/usage/read.ts";

/** The kinds of entries in the story of a license. */
export const STORY_KINDS = ["act", "payment", "mail", "download"] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

const Entry = z.object({ id: z.string(), at: z.number() });
const Act = AuditRow.omit({ sequence: true, subject: true, request_id: true, client_request_id: true }).extend({
  kind: z.literal("act"),
});
const Payment = Entry.extend({
  kind: z.literal("payment"),
  type: z.string(),
  object_id: z.string().nullable(),
  outcome: z.string().nullable(),
  attention: z.number().transform((flag) => flag === 1),
  /** The payment that the event is about, if it is recorded. */
  money: z.enum(PAYMENT_KINDS).nullable(),
  total: z.number().nullable(),
  currency: z.string().nullable(),
  invoice_number: z.string().nullable(),
});
const Mail = Entry.extend({
  kind: z.literal("mail"),
  mail: z.string(),
  recipient: z.string(),
  sent_at: z.number().nullable(),
  attempts: z.number(),
  next_attempt_at: z.number().nullable(),
  last_error: z.string().nullable(),
});
const Download = Entry.extend({
  kind: z.literal("download"),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** The machine's fingerprint hash. */
  machine: z.string().nullable(),
});

const StoryEntry = z.discriminatedUnion("kind", [Act, Payment, Mail, Download]);

/** An entry of a story: an entry of the audit trail, a Stripe event, a mail, or a download. */
export type StoryEntry = z.output<typeof StoryEntry>;

/** The SQL of each kind in the ledger: ?1 is the license, ?2 an upper bound of the time, ?3 the limit. */
const STORY_SOURCES: Record<Exclude<StoryKind, "download">, string> = {
  act: `SELECT 'act' AS kind, id, at, actor, action, reason, details FROM audit
    WHERE subject = ?1 AND at < ?2 ORDER BY at DESC, id DESC LIMIT ?3`,
  payment: `SELECT 'payment' AS kind, events.id, created AS at, type, object_id, outcome, attention,
      payments.kind AS money, total, currency, invoice_number
    FROM stripe_event_licenses JOIN stripe_events AS events ON events.id = event_id
      LEFT JOIN payments ON payments.id = object_id
    WHERE stripe_event_licenses.license_id = ?1 AND created < ?2 ORDER BY created DESC LIMIT ?3`,
  mail: `SELECT 'mail' AS kind, id, created_at AS at, kind AS mail, recipient, sent_at, attempts, next_attempt_at, last_error
    FROM mails WHERE license_id = ?1 AND created_at < ?2 ORDER BY created_at DESC LIMIT ?3`,
};

const ChargeRow = z.object({ charge_id: z.string(), refund_state: z.string(), dispute_state: z.string() });
const OrderRow = z.object({ plan: z.string(), machines: z.number(), state: z.string(), created_at: z.number() });

/** All data about a license. */
export type LicenseStory = {
  license: License;
  /** The order of its checkout, if the checkout began here. */
  order: z.output<typeof OrderRow> | null;
  /** Charges with a refund or dispute. */
  charges: z.output<typeof ChargeRow>[];
  /** The latest payments, newest first. */
  payments: PaymentRow[];
  /** Downloads of the last 30 days by the fingerprint hash of the machine. Null if the statistics are down. */
  usage: Map<string | null, number> | null;
  /** Entries, newest first. */
  entries: StoryEntry[];
  /** The `before` of the next page; null on the last page. */
  next: UnixSeconds | null;
};

/** A part of a story: the kinds, a limit, and an upper bound of the time. */
export type StoryPart = { kinds: readonly StoryKind[]; limit: number; before: UnixSeconds | null };

/** The period of `usage`, in seconds. */
const USAGE_SECONDS = 30 * DAY;

/** Reads the story of a license; null if there is no license with this id. Throws if the ledger fails. */
export async function readLicenseStory(
  { DB, STATISTICS }: Pick<Env, "DB" | "STATISTICS">,
  id: string,
  { kinds, limit, before }: StoryPart,
  now: UnixSeconds,
): Promise<LicenseStory | null> {
  const about = (sql: string, ...more: number[]) => DB.prepare(sql).bind(id, ...more);
  // One more than the limit shows that there is another page.
  const wanted = limit + 1;
  const downloads = kinds.includes("download")
    ? unlessDown(
        readLicenseDownloads(STATISTICS, id, { from: 0, before: Math.min(before ?? now + 1, now + 1), limit: wanted }),
      )
    : [];
  const usage = unlessDown(countLicenseDownloads(STATISTICS, id, { from: now - USAGE_SECONDS, before: now + 1 }));
  const [licenses, machines, bars, orders, charges, payments, ...parts] = await DB.batch<Record<string, unknown>>([
    about("SELECT * FROM licenses WHERE id = ?"),
    about("SELECT * FROM machines WHERE license_id = ? ORDER BY activated_at, id"),
    about("SELECT machine_id, barred_at FROM barred_machines WHERE license_id = ?"),
    about("SELECT * FROM orders WHERE checkout_session_id = (SELECT checkout_session_id FROM licenses WHERE id = ?)"),
    about("SELECT * FROM license_charges WHERE license_id = ?"),
    about("SELECT * FROM payments WHERE license_id = ? ORDER BY at DESC, id DESC LIMIT 100"),
    ...kinds
      .filter((kind) => kind !== "download")
      .map((kind) => about(STORY_SOURCES[kind], before ?? Number.MAX_SAFE_INTEGER, wanted)),
  ]);
  const [row] = licenses?.results ?? [];
  if (row === undefined) return null;
  const entries: StoryEntry[] = [
    ...parts.flatMap(({ results }) => z.array(StoryEntry).parse(results)),
    ...((await downloads) ?? []).map(({ link_id, ...rest }) => ({ kind: "download" as const, id: link_id, ...rest })),
  ];
  const [order = null] = z.array(OrderRow).parse(orders?.results);
  return {
    license: { ...LicenseRow.parse(row), machines: parseMachines(machines?.results ?? [], bars?.results ?? []) },
    order,
    charges: z.array(ChargeRow).parse(charges?.results),
    payments: z.array(PaymentRow).parse(payments?.results),
    usage: await usage,
    ...newestOf(entries, limit),
  };
}

/**
 * Takes the newest `limit` entries of `read`. It never splits one second over two pages, so `next` misses nothing. If
 * one second has more than `limit` entries, it returns all that were read.
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
