import { DAY, HOUR, MINUTE } from "../../lib/time.ts";
import { processEvent } from "./event-processing.ts";
import { type EventFacts, listEvents } from "./event-store.ts";
import { actorOf, attemptEvent, type ReconciliationRun } from "./reconciliation-run.ts";

/** How many kept events one run handles: a dozen subrequests each, far from the 10,000 that Cloudflare allows an invocation. */
const EVENTS_A_RUN = 50;

/** After so many attempts an event is tried every ten minutes only, so that it cannot block the rest. */
const EAGER_ATTEMPTS = 10;

/** How often an event that needs attention is looked at again: what was wrong, a price say, may have been put right. */
const AGAIN_AFTER = 6 * HOUR;
/** Afterwards it is an admin's alone. Shorter than sent mails are remembered, so that none is sent twice. */
const AGAIN_WITHIN = 365 * DAY;

/** Handles events that have arrived and were not handled: after a failure, or because a run found too many at once. */
export async function handleLeftovers(run: ReconciliationRun): Promise<void> {
  const everyTenMinutes = Math.floor(run.now / MINUTE) % 10 === 0;
  const filter = {
    state: "unhandled",
    // A younger one is probably being handled by the request that brought it.
    receivedBefore: run.now - MINUTE,
    ...(everyTenMinutes ? {} : { maxAttempts: EAGER_ATTEMPTS }),
  } as const;
  for (const event of await listEvents(run.env.DB, filter, EVENTS_A_RUN)) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run)));
  }
}

/** Handles events again that need attention, those first that have waited longest. */
export async function handleAttention(run: ReconciliationRun): Promise<void> {
  const { results } = await run.env.DB.prepare(
    `SELECT id, type, object_id, created FROM stripe_events
     WHERE attention = 1 AND handled_at <= ? AND received_at > ? ORDER BY handled_at, id LIMIT ?`,
  )
    .bind(run.now - AGAIN_AFTER, run.now - AGAIN_WITHIN, EVENTS_A_RUN)
    .all<EventFacts>();
  for (const event of results) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run), { again: true }));
  }
}
