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
 * Finds the changes that webhooks have missed: unhandled events every minute, Stripe's own list every ten minutes,
 * events that need attention every six hours, every live subscription once a night. Does nothing when nothing is sold.
 * A part ends when Stripe does not answer, and does not stop the others. Failures are counted, logged and retried by
 * later runs. `settle` publishes the changes of a part.
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

/** 9,000 in a night, with some eight subrequests each. Cloudflare allows 10,000 for an invocation. */
const LICENSES_A_RUN = 50;

/** Whether `at` is in the hours of the night in which subscriptions are synced. */
const isNight = (at: UnixSeconds): boolean => at % DAY >= NIGHT.from && at % DAY < NIGHT.to;

/**
 * Syncs every license with a live subscription, some in each minute of the night, in the order of their ids. A round
 * that does not finish in one night continues in the next, so that the last license is reached, too. Throws when Stripe
 * does not answer; the next minute begins with the same licenses.
 */
async function followSubscriptions(run: ReconciliationRun): Promise<void> {
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
