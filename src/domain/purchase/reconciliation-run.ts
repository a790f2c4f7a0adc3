import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { publish } from "../../platform/storage/outbox.ts";
import { publishers } from "../../publication.ts";
import type { EventOutcome } from "./event-outcome.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import type { TouchedLicense } from "./license-sync.ts";
import { isStripeOutage } from "./stripe-failure.ts";

/** What a run of reconciliation did. */
export type Reconciled = { events: number; licenses: number; failed: number };

/** One run of reconciliation, in the minute that begins at `now`. */
export type ReconciliationRun = { env: Env; scope: PurchaseScope; now: UnixSeconds; done: Reconciled };

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
    for (const license of outcome.licenses) await publishChanged(run, license);
  });

/** Publishes a license if this run has changed it. Throws what D1 or KV throw; the outbox then sees to it. */
export async function publishChanged(
  { env }: ReconciliationRun,
  { licenseId, changeIds }: TouchedLicense,
): Promise<void> {
  if (changeIds.length > 0) await publish(env, publishers, { topic: "license", key: licenseId }, changeIds);
}
