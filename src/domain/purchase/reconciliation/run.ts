import { logFailure } from "../../../lib/log.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import type { PurchaseScope } from "../checkout/fulfilment.ts";
import type { EventOutcome } from "../events/outcome.ts";
import { purchaseChanges } from "../scope.ts";
import { isStripeOutage } from "../stripe.ts";

/** What a run of reconciliation did. */
export type Reconciled = { events: number; licenses: number; failed: number };

/** One run of reconciliation, in the minute that begins at `now`. */
export type ReconciliationRun = {
  env: Env;
  scope: PurchaseScope;
  now: UnixSeconds;
  done: Reconciled;
  /** Publishes what the run has changed. Throws D1's and KV's errors; the outbox then retries. */
  settle: (changes: Changes) => Promise<void>;
};

/** Who a run acts as. */
export const actorOf = ({ now }: ReconciliationRun): Actor => ({ actor: "reconciliation", requestId: null, now });

/**
 * Does one piece of a run's work. A failure is counted and logged with `what`, so that it keeps nothing else waiting; but
 * Stripe's outage is thrown on, because it would meet whatever comes next, too.
 */
export async function attempt(
  { done }: ReconciliationRun,
  what: { stripe_event: string } | { license: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isStripeOutage(error)) throw error;
    reconciliationFailed(done, what, error);
  }
}

/** Counts a failure and logs it. */
export function reconciliationFailed(done: Reconciled, what: Record<string, string>, error: unknown): void {
  done.failed++;
  logFailure("reconciliation.failed", error, what);
}

/** Handles one event by `process` and publishes what it changed; null of it means that nothing was to be done. */
export const attemptEvent = (
  run: ReconciliationRun,
  id: string,
  process: () => Promise<EventOutcome | null>,
): Promise<void> =>
  attempt(run, { stripe_event: id }, async () => {
    const outcome = await process();
    if (!outcome) return;
    run.done.events++;
    await run.settle(purchaseChanges(outcome.licenses));
  });
