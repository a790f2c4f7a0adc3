import * as z from "zod";
import { IsolateCache } from "../../../lib/isolate.ts";
import { currentTime, DAY, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { configOf } from "../../../platform/config/config.ts";
import { cachedText, cacheText } from "../../../platform/http/edge-cache.ts";
import { FileCount, readFileCounts, unlessDown } from "../../../platform/usage/read.ts";

/** How long public counts are answered without counting again, in seconds. */
export const COUNTS_HOLD = MINUTE;

/** How long an isolate waits after a failure, or after another of its requests began to count, in seconds. */
const PAUSE = 30;

const Counts = z.object({ counted_at: z.number(), files: z.array(FileCount) });

/** The downloads of every file, and the second at which they were counted. */
export type Counts = z.output<typeof Counts>;

/** The latest counts of this isolate, kept for a day in case the statistics fail. */
const latest = new IsolateCache<Counts>(1);
const pausing = new IsolateCache<true>(1);
const KEY = "counts";

/**
 * The downloads of every file, at most a minute old. The data center and the isolate keep them, so however many
 * ask, the statistics are seldom read. If they fail, the isolate's older counts are answered; null without any. Never
 * throws.
 */
export async function readCounts(env: Env, now: UnixSeconds): Promise<Counts | null> {
  const known = latest.get(KEY, now) ?? null;
  if (known && known.counted_at + COUNTS_HOLD > now) return known;
  if (pausing.get(KEY, now)) return known;
  // The requests that arrive meanwhile get the older counts.
  if (known) pausing.set(KEY, true, now + PAUSE);
  const address = `${configOf(env).PUBLIC_URL}/v1/stats/counts`;
  const kept = await cachedText(address, now);
  const counts = (kept && parseCounts(kept.text)) ?? (await count(env, address, now));
  if (counts) {
    latest.set(KEY, counts, counts.counted_at + DAY);
    pausing.delete(KEY);
    return counts;
  }
  pausing.set(KEY, true, now + PAUSE);
  return known;
}

async function count(env: Env, address: string, now: UnixSeconds): Promise<Counts | null> {
  const files = await unlessDown(readFileCounts(env.STATISTICS, now));
  if (!files) return null;
  const counts = { counted_at: now, files };
  await cacheText(address, JSON.stringify(counts), now + COUNTS_HOLD, currentTime());
  return counts;
}

function parseCounts(text: string): Counts | null {
  const parsed = Counts.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
