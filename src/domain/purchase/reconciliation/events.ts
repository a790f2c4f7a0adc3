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
/** Events become visible late and clocks differ. So each listing begins this long before the previous one ended. */
const OVERLAP = HOUR;

/** The number of types that Stripe takes in one listing of events. */
const TYPES_A_LIST = 20;

/** The number of events that one run handles, a dozen subrequests each. Later runs handle the others. */
const EVENTS_A_RUN = 100;

/**
 * Lists Stripe's events since the last time, stores every event that never arrived, and then handles the newest of
 * them, because a buyer may be waiting. The watermark moves once all are stored, so a failure in handling loses none.
 * Throws, and leaves the watermark, when Stripe does not answer or D1 does not store them.
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

/** Stores a page of events in one statement, and returns those that are new. */
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

/** The number of stored events that one run handles. Cloudflare allows 10,000 subrequests; each takes a dozen. */
const KEPT_EVENTS_A_RUN = 50;

/** After this many attempts, an event is retried only every ten minutes, so that it cannot block the others. */
const EAGER_ATTEMPTS = 10;

/** How often an event that needs attention is retried: its cause, such as a missing price, may be fixed. */
const AGAIN_AFTER = 6 * HOUR;
/** Later, only an admin handles the event. Sent mails are kept for longer, so that none is sent twice. */
const AGAIN_WITHIN = 365 * DAY;

/** Handles stored events that are unhandled: after a failure, or because a run found too many at once. */
export async function handleLeftovers(run: ReconciliationRun): Promise<void> {
  const everyTenMinutes = Math.floor(run.now / MINUTE) % 10 === 0;
  const filter = {
    state: "unhandled",
    // The request that brought a younger event is probably still handling it.
    receivedBefore: run.now - MINUTE,
    ...(everyTenMinutes ? {} : { maxAttempts: EAGER_ATTEMPTS }),
  } as const;
  for (const event of await listEvents(run.env.DB, filter, KEPT_EVENTS_A_RUN)) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run)));
  }
}

/** Handles events that need attention again, longest waiting first. */
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

/** The result of a run of the reconciliation. */
export type Reconciled = { events: number; licenses: number; failed: number };

/** One run of reconciliation, in the minute that begins at `now`. */
export type ReconciliationRun = {
  env: Env;
  scope: PurchaseScope;
  now: UnixSeconds;
  done: Reconciled;
  /** Publishes the run's changes. Throws the errors of D1 and KV; the outbox then retries. */
  settle: (changes: Changes) => Promise<void>;
};

/** The actor of a run. */
export const actorOf = ({ now }: ReconciliationRun): Actor => ({ actor: "reconciliation", requestId: null, now });

/**
 * Does one piece of a run's work. A failure is counted and logged with `subject`, so that it does not delay the others.
 * Stripe's outage is thrown, because it would fail the other pieces, too.
 */
export async function attempt(
  { done }: ReconciliationRun,
  subject: { stripe_event: string } | { license: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isStripeOutage(error)) throw error;
    reconciliationFailed(done, subject, error);
  }
}

/** Counts a failure and logs it. */
export function reconciliationFailed(done: Reconciled, subject: Record<string, string>, error: unknown): void {
  done.failed++;
  logFailure("reconciliation.failed", error, subject);
}

/** Handles one event by `process`, and publishes its changes. `process` returns null if there was nothing to do. */
const attemptEvent = (run: ReconciliationRun, id: string, process: () => Promise<EventOutcome | null>): Promise<void> =>
  attempt(run, { stripe_event: id }, async () => {
    const outcome = await process();
    if (!outcome) return;
    run.done.events++;
    await run.settle(purchaseChanges(outcome.licenses));
  });
