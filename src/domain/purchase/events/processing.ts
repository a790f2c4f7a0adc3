import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { type Actor, newChange, recordAct } from "../../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../../platform/storage/settle.ts";
import type { PurchaseScope } from "../checkout/fulfilment.ts";
import { purchaseChanges, purchaseScope } from "../scope.ts";
import { handleEvent } from "./handling.ts";
import type { EventOutcome } from "./outcome.ts";
import { type EventFacts, eventFailed, eventHandled, keepEvent, readEvent, type StoredEvent } from "./store.ts";

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

/**
 * Handles a kept event now, without waiting for the cron, and returns it as it is then. One that has been handled stays as it
 * is, unless it needs attention. Throws NOT_FOUND, SERVICE_UNAVAILABLE where nothing is sold, and what handling it throws, which
 * is kept with the event.
 */
export async function retryEvent(
  { env, config }: { env: Env; config: Config },
  admin: Actor,
  id: string,
): Promise<{ event: StoredEvent; changes: Changes }> {
  const event = await requireEvent(env.DB, id);
  const scope = await purchaseScope(env, config);
  await recordAct(env.DB, newChange(admin, { action: "event.retry", subject: id }));
  const outcome = await processEvent(scope, event, admin, { again: true });
  return {
    event: await requireEvent(env.DB, id),
    changes: outcome ? purchaseChanges(outcome.licenses) : NO_CHANGES,
  };
}

async function requireEvent(db: D1Database, id: string): Promise<StoredEvent> {
  const event = await readEvent(db, id);
  if (event) return event;
  throw new Problem({ code: "NOT_FOUND", detail: "There is no such event." });
}
