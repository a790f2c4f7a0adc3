import { logFailure } from "../../../lib/log.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import { readWatermark, writeWatermark } from "../../../platform/storage/watermark.ts";
import type { EventOutcome } from "../events/follow.ts";
import { EVENT_TYPES, processEvent } from "../events/handling.ts";
import { type EventFacts, eventFacts, listEvents } from "../events/store.ts";
import { type PurchaseScope, purchaseChanges } from "../scope.ts";
import { isStripeOutage } from "../stripe.ts";

const WATERMARK = "stripe-events";
/** Stripe keeps events for 30 days. */
const OLDEST_EVENT = 30 * DAY;
/** Events become visible late and clocks differ: each listing goes back this far behind the one before. */
const OVERLAP = HOUR;

/** How many types Stripe takes in one listing of events. */
const TYPES_A_LIST = 20;

/** How many events one run handles, a dozen subrequests each; the others are kept, and the runs that follow handle them as leftovers. */
const EVENTS_A_RUN = 100;

/**
 * Goes through Stripe's own list since the last time, keeps every event that never arrived, and then handles the newest of
 * them: a buyer may be waiting. The watermark moves once all are kept, because no failure in handling them can lose them
 * then. Throws, and leaves it where it is, when Stripe cannot be asked or D1 does not keep them.
 */
export async function handleMissed(run: ReconciliationRun): Promise<void> {
  const { db } = run.scope;
  const { at } = await readWatermark(db, WATERMARK);
  const missed = await keepMissed(run, Math.max(run.now - OLDEST_EVENT, at - OVERLAP));
  await writeWatermark(db, WATERMARK, { at: run.now, position: null });
  missed.sort((a, b) => b.created - a.created);
  for (const event of missed.slice(0, EVENTS_A_RUN)) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run)));
  }
}

async function keepMissed({ scope, now }: ReconciliationRun, since: UnixSeconds): Promise<EventFacts[]> {
  const missed: EventFacts[] = [];
  for (let first = 0; first < EVENT_TYPES.length; first += TYPES_A_LIST) {
    const types = EVENT_TYPES.slice(first, first + TYPES_A_LIST);
    const wanted = { types, created: { gte: since }, limit: 100 };
    let page = await scope.stripe.events.list(wanted);
    for (;;) {
      missed.push(...(await keepUnknown(scope.db, page.data.map(eventFacts), now)));
      const last = page.data.at(-1);
      if (!page.has_more || !last) break;
      page = await scope.stripe.events.list({ ...wanted, starting_after: last.id });
    }
  }
  return missed;
}

/** Keeps a page of events in one statement, however many of them are known; returns those that were not. */
async function keepUnknown(db: D1Database, events: EventFacts[], now: UnixSeconds): Promise<EventFacts[]> {
  const { results } = await db
    .prepare(
      `INSERT INTO stripe_events (id, type, object_id, created, received_at)
       SELECT value ->> 'id', value ->> 'type', value ->> 'object_id', value ->> 'created', ?2 FROM json_each(?1)
       WHERE true ON CONFLICT DO NOTHING RETURNING id`,
    )
    .bind(JSON.stringify(events), now)
    .all<{ id: string }>();
  const unknown = new Set(results.map(({ id }) => id));
  return events.filter(({ id }) => unknown.has(id));
}

/** How many kept events one run handles: a dozen subrequests each, far from the 10,000 that Cloudflare allows an invocation. */
const KEPT_EVENTS_A_RUN = 50;

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
  for (const event of await listEvents(run.env.DB, filter, KEPT_EVENTS_A_RUN)) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run)));
  }
}

/** Handles events again that need attention, those first that have waited longest. */
export async function handleAttention(run: ReconciliationRun): Promise<void> {
  const { results } = await run.env.DB.prepare(
    `SELECT id, type, object_id, created FROM stripe_events
     WHERE attention = 1 AND handled_at <= ? AND received_at > ? ORDER BY handled_at, id LIMIT ?`,
  )
    .bind(run.now - AGAIN_AFTER, run.now - AGAIN_WITHIN, KEPT_EVENTS_A_RUN)
    .all<EventFacts>();
  for (const event of results) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run), { again: true }));
  }
}

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
