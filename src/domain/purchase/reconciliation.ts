import { HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { purchaseScope } from "./purchase-scope.ts";
import { handleAttention, handleLeftovers } from "./reconciliation-kept.ts";
import { handleMissed } from "./reconciliation-missed.ts";
import { followSubscriptions, isNight } from "./reconciliation-nightly.ts";
import { type Reconciled, type ReconciliationRun, reconciliationFailed } from "./reconciliation-run.ts";

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
