import * as z from "zod";
import { type License, LicenseRow, MachineRow } from "../../../domain/licensing/license/record.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import { STORY_SOURCES, type StoryEntry, type StoryKind } from "./story-entry.ts";

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
