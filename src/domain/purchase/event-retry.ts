import type { Config } from "../../platform/config/config.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Actor, newChange, recordAct } from "../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../platform/storage/settle.ts";
import { processEvent } from "./event-processing.ts";
import { readEvent, type StoredEvent } from "./event-store.ts";
import { purchaseChanges, purchaseScope } from "./purchase-scope.ts";

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
