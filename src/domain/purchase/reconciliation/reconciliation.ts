import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { configOf } from "../../../platform/config/config.ts";
import { readWatermark, writeWatermark } from "../../../platform/storage/watermark.ts";
import { purchaseChanges, purchaseScope } from "../scope.ts";
import { syncLicense } from "../sync.ts";
import {
  actorOf,
  attempt,
  handleAttention,
  handleLeftovers,
  handleMissed,
  type Reconciled,
  type ReconciliationRun,
  reconciliationFailed,
} from "./events.ts";

type Part = { name: string; isDue: (minute: number) => boolean; work: (run: ReconciliationRun) => Promise<void> };

const PARTS: readonly Part[] = [
  { name: "leftovers", isDue: () => true, work: handleLeftovers },
  { name: "missed", isDue: (minute) => minute % 10 === 0, work: handleMissed },
  { name: "attention", isDue: (minute) => minute % (HOUR / MINUTE) === 35, work: handleAttention },
  { name: "subscriptions", isDue: (minute) => isNight(minute * MINUTE), work: followSubscriptions },
];

/**
 * Finds what webhooks have missed, as often as each part makes sense: unhandled events every minute, Stripe's own list every
 * ten, events that need attention every six hours, every live subscription once a night. Does nothing where nothing is sold.
 * A part ends when Stripe cannot be asked, and keeps no other from running. Failures are counted and logged, and tried again
 * by the runs that follow. `settle` publishes what a part has changed.
 */
export async function reconcile(
  env: Env,
  scheduledAt: UnixSeconds,
  settle: ReconciliationRun["settle"],
): Promise<Reconciled> {
  const done: Reconciled = { events: 0, licenses: 0, failed: 0 };
  const config = configOf(env);
  if (config.STRIPE_SECRET_KEY === "") return done;
  const run: ReconciliationRun = { env, scope: await purchaseScope(env, config), now: scheduledAt, done, settle };
  const minute = Math.floor(scheduledAt / MINUTE);
  for (const { name, isDue, work } of PARTS) {
    if (!isDue(minute)) continue;
    try {
      await work(run);
    } catch (error) {
      reconciliationFailed(done, { part: name }, error);
    }
  }
  return done;
}

const WATERMARK = "subscriptions";

/** From 03:00 to 06:00 UTC, in seconds of the day. */
const NIGHT = { from: 3 * HOUR, to: 6 * HOUR };

/** 9,000 in a night. Some eight subrequests each, far from the 10,000 that Cloudflare allows an invocation. */
const LICENSES_A_RUN = 50;

/** Whether `at` lies in the hours of the night in which subscriptions are followed. */
export const isNight = (at: UnixSeconds): boolean => at % DAY >= NIGHT.from && at % DAY < NIGHT.to;

/**
 * Fetches every subscription again that a license lives on, some in each minute of the night, by the licenses' ids. A round
 * that a night is too short for goes on in the next one where it stopped, so that the last license is reached, too. Throws
 * when Stripe cannot be asked: the next minute then begins with the same licenses.
 */
export async function followSubscriptions(run: ReconciliationRun): Promise<void> {
  const { db, stripe, graceDays } = run.scope;
  const { at, position } = await readWatermark(db, WATERMARK);
  const tonight = run.now - (run.now % DAY) + NIGHT.from;
  if (position === null && at >= tonight) return;
  const { results } = await db
    .prepare(
      `SELECT id FROM licenses WHERE stripe_subscription_id IS NOT NULL AND subscription_state <> 'ended' AND id > ?
       ORDER BY id LIMIT ?`,
    )
    .bind(position ?? "", LICENSES_A_RUN)
    .all<{ id: string }>();
  for (const { id } of results) {
    await attempt(run, { license: id }, async () => {
      const synced = await syncLicense(db, stripe, id, graceDays, actorOf(run));
      if (synced.changeIds.length > 0) run.done.licenses++;
      await run.settle(purchaseChanges([synced]));
    });
  }
  const isThrough = results.length < LICENSES_A_RUN;
  await writeWatermark(db, WATERMARK, { at: run.now, position: isThrough ? null : (results.at(-1)?.id ?? null) });
}
