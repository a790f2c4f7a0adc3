import type { Actor } from "../../platform/storage/ledger.ts";
import { handleEvent } from "./event-handling.ts";
import type { EventOutcome } from "./event-outcome.ts";
import { type EventFacts, eventFailed, eventHandled, keepEvent } from "./event-store.ts";
import type { PurchaseScope } from "./fulfilment.ts";

/**
 * Keeps an event and handles it, unless that has been done before (null). One that needs a person's attention is handled once
 * more with `again`: what kept it from a license, a price that nobody knew, may have been mended. A failure is kept with the
 * event and thrown: the sender retries, and so does the cron. Several at once do the same work and end in the same licenses.
 */
export async function processEvent(
  scope: PurchaseScope,
  event: EventFacts,
  actor: Actor,
  { again = false }: { again?: boolean } = {},
): Promise<EventOutcome | null> {
  const kept = await keepEvent(scope.db, event, actor.now);
  if (kept.handled_at !== null && !(again && kept.attention)) return null;
  try {
    const outcome = await handleEvent(scope, event, actor);
    const licenseIds = outcome.licenses.map(({ licenseId }) => licenseId);
    await eventHandled(scope.db, event.id, { ...outcome, licenseIds }, actor.now);
    return outcome;
  } catch (error) {
    await eventFailed(scope.db, event.id, error instanceof Error ? error.message : String(error));
    throw error;
  }
}
