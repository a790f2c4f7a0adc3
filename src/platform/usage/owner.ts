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

/**
 * Marks statistics without a mark as this deployment's, and tells whether they are its own. It never overwrites a mark.
 * Call it only where the ledger is known to be this deployment's: in a job. Throws D1's errors.
 */
export async function markStatistics(env: Env, now: UnixSeconds): Promise<boolean> {
  if (!(await ownsStatistics(env))) return false;
  await writeWatermark(env.STATISTICS, OWNER_MARK, { at: now, position: nameOf(env) });
  return true;
}
