import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { type Actor, newChange, recordAct } from "../../platform/storage/ledger.ts";
import { sendMailsSoon } from "../mail/mail-sender.ts";
import { processEvent } from "./event-processing.ts";
import { readEvent, type StoredEvent } from "./event-store.ts";
import { publishLicenses, purchaseScope } from "./purchase-scope.ts";

/**
 * Handles a kept event now, without waiting for the cron, and returns it as it is then. One that has been handled stays as it
 * is, unless it needs attention. Throws NOT_FOUND, SERVICE_UNAVAILABLE where nothing is sold, and what handling it throws, which
 * is kept with the event.
 */
export async function retryEvent(c: RequestScope, admin: Actor, id: string): Promise<StoredEvent> {
  const event = await requireEvent(c.env.DB, id);
  const scope = await purchaseScope(c.env, c.var.config);
  await recordAct(c.env.DB, newChange(admin, { action: "event.retry", subject: id }));
  const outcome = await processEvent(scope, event, admin, { again: true });
  if (outcome) {
    await publishLicenses(c, outcome.licenses);
    sendMailsSoon(c);
  }
  return requireEvent(c.env.DB, id);
}

async function requireEvent(db: D1Database, id: string): Promise<StoredEvent> {
  const event = await readEvent(db, id);
  if (event) return event;
  throw new Problem({ code: "NOT_FOUND", detail: "There is no such event." });
}
