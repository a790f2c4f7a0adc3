import * as z from "zod";
import { onceResolved } from "../../lib/isolate.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../config/config.ts";
import type { Deployment } from "../config/deployment.ts";
import { readWatermark, writeWatermark } from "../storage/watermark.ts";

/** The watermark of the statistics that names their deployment. */
const OWNER_MARK = "deployment";

const Position = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(z.tuple([z.string(), z.string(), z.boolean()]));

/** The deployment that the statistics name; null if none has marked them. Throws D1's errors. */
export async function readStatisticsMark(statistics: D1Database): Promise<Deployment | null> {
  const { position } = await readWatermark(statistics, OWNER_MARK);
  if (position === null) return null;
  const [name, public_url, livemode] = Position.parse(position);
  return { name, public_url, livemode };
}

const nameOf = (env: Env): string => {
  const { DEPLOYMENT, PUBLIC_URL, LIVEMODE } = configOf(env);
  return JSON.stringify([DEPLOYMENT, PUBLIC_URL, LIVEMODE]);
};

/**
 * Whether this deployment may write to the statistics: they name it, or nobody yet. It reads the statistics once per
 * isolate, because the path of a download must not read the ledger and its mark. Throws D1's errors.
 */
export const ownsStatistics = onceResolved(async (env: Env): Promise<boolean> => {
  const { position } = await readWatermark(env.STATISTICS, OWNER_MARK);
  return position === null || position === nameOf(env);
});

/** Marks the statistics as this deployment's. Call it only where the ledger is known to be its own: in a job. */
export const markStatistics = (env: Env, now: UnixSeconds): Promise<void> =>
  writeWatermark(env.STATISTICS, OWNER_MARK, { at: now, position: nameOf(env) });
