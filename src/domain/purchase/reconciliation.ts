import { logFailure } from "../../lib/log.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { readWatermark, writeWatermark } from "../../platform/storage/watermark.ts";
import { cancelIfDue } from "./cancellation.ts";
import { endReplaced } from "./checkout/upgrade.ts";
import type { EventOutcome } from "./events/follow.ts";
import { processEvent } from "./events/handling.ts";
import { eventFacts } from "./events/signed-event.ts";
import { type EventFacts, listEvents } from "./events/store.ts";
import { EVENT_TYPES } from "./events/types.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { isStripeOutage } from "./stripe.ts";
import { type PurchaseScope, purchaseChanges, purchaseScope, syncLicense } from "./sync.ts";

type Part = { name: string; isDue: (minute: number) => boolean; work: (run: ReconciliationRun) => Promise<void> };

const PARTS: readonly Part[] = [
  { name: "cancellations", isDue: () => true, work: cancelSubscriptions },
  { name: "leftovers", isDue: () => true, work: handleLeftovers },
  { name: "replaced", isDue: () => true, work: ({ scope, now }) => endReplaced(scope, now) },
  { name: "missed", isDue: (minute) => minute % 10 === 0, work: handleMissed },
  { name: "attention", isDue: (minute) => minute % (HOUR / MINUTE) === 35, work: handleAttention },
  { name: "subscriptions", isDue: (minute) => isNight(minute * MINUTE), work: followSubscriptions },
];

/**
 * Finds the changes that webhooks have missed: unhandled events every minute, Stripe's own list every ten minutes,
 * events that need attention every six hours, every live subscription once a night. Every minute it also cancels the
 * subscriptions that are to be canceled or were replaced. Does nothing when nothing is sold.
 * A part ends when Stripe does not answer, and does not stop the others. Failures are counted, logged and retried by
 * later runs. `settle` publishes the changes of a part.
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
      await reconciliationFailed(run, { part: name }, error);
    }
  }
  return done;
}

/** From 03:00 to 06:00 UTC, in seconds of the day. */
const NIGHT = { from: 3 * HOUR, to: 6 * HOUR };

/** 9,000 in a night, with some eight subrequests each. Cloudflare allows 10,000 for an invocation. */
const LICENSES_A_RUN = 50;

/** Whether `at` is in the hours of the night in which subscriptions are synced. */
const isNight = (at: UnixSeconds): boolean => at % DAY >= NIGHT.from && at % DAY < NIGHT.to;

/**
 * Syncs every license with a live subscription, some in each minute of the night, in the order of their ids. A round
 * that does not finish in one night continues in the next, so that the last license is reached, too. Throws when Stripe
 * does not answer; the next minute begins with the same licenses.
 */
async function followSubscriptions(run: ReconciliationRun): Promise<void> {
  const { db } = run.scope;
  const { at, position } = await readWatermark(db, "subscriptions");
  const tonight = run.now - (run.now % DAY) + NIGHT.from;
  if (position === null && at >= tonight) return;
  const { results } = await db
    .prepare(
      `SELECT id FROM licenses WHERE stripe_subscription_id IS NOT NULL AND subscription_state <> 'ended' AND id > ?
       ORDER BY id LIMIT ?`,
    )
    .bind(position ?? "", LICENSES_A_RUN)
    .all<{ id: string }>();
  for (const { id } of results) {
    await attempt(run, { license: id }, async () => {
      const synced = await syncLicense(run.scope, id, actorOf(run));
      if (synced.changeIds.length > 0) run.done.licenses++;
      await run.settle(purchaseChanges([synced]));
    });
  }
  const isThrough = results.length < LICENSES_A_RUN;
  await writeWatermark(db, "subscriptions", { at: run.now, position: isThrough ? null : (results.at(-1)?.id ?? null) });
}

/**
 * Cancels the subscriptions that are to be canceled, oldest decision first. One that fails stays due, so the next
 * minute tries it again. Throws when Stripe does not answer.
 */
async function cancelSubscriptions(run: ReconciliationRun): Promise<void> {
  const { results } = await run.scope.db
    .prepare("SELECT id FROM licenses WHERE cancel_due_at IS NOT NULL ORDER BY cancel_due_at LIMIT ?")
    .bind(LICENSES_A_RUN)
    .all<{ id: string }>();
  for (const { id } of results) {
    await attempt(run, { license: id }, async () => {
      const canceled = await cancelIfDue(run.scope, id, actorOf(run));
      if (canceled.changeIds.length > 0) run.done.licenses++;
      await run.settle(purchaseChanges([canceled]));
    });
  }
}

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
async function handleMissed(run: ReconciliationRun): Promise<void> {
  const { db } = run.scope;
  const { at } = await readWatermark(db, "stripe-events");
  const missed = await keepMissed(run, Math.max(run.now - OLDEST_EVENT, at - OVERLAP));
  await writeWatermark(db, "stripe-events", { at: run.now, position: null });
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

/** Later, only an admin handles an event that fails. It stays on the list until then. */
const RETRY_WITHIN = 30 * DAY;

/** How often an event that needs attention is retried: its cause, such as a missing price, may be fixed. */
const AGAIN_AFTER = 6 * HOUR;
/** Later, only an admin handles the event. Sent mails are kept for longer, so that none is sent twice. */
const AGAIN_WITHIN = 365 * DAY;

/** Handles stored events that are unhandled: after a failure, or because a run found too many at once. */
async function handleLeftovers(run: ReconciliationRun): Promise<void> {
  const everyTenMinutes = Math.floor(run.now / MINUTE) % 10 === 0;
  const filter = {
    state: "unhandled",
    receivedAfter: run.now - RETRY_WITHIN,
    // The request that brought a younger event is probably still handling it.
    receivedBefore: run.now - MINUTE,
    ...(everyTenMinutes ? {} : { maxAttempts: EAGER_ATTEMPTS }),
  } as const;
  for (const event of await listEvents(run.env.DB, filter, KEPT_EVENTS_A_RUN)) {
    await attemptEvent(run, event.id, () => processEvent(run.scope, event, actorOf(run)));
  }
}

/** Handles events that need attention again, longest waiting first. */
async function handleAttention(run: ReconciliationRun): Promise<void> {
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
type ReconciliationRun = {
  env: Env;
  scope: PurchaseScope;
  now: UnixSeconds;
  done: Reconciled;
  /** Publishes the run's changes. Throws the errors of D1 and KV; the outbox then retries. */
  settle: (changes: Changes) => Promise<void>;
};

/** The actor of a run. */
const actorOf = ({ now }: ReconciliationRun): Actor => ({ actor: "reconciliation", requestId: null, now });

/** Does one piece of a run's work. A failure is counted and logged, except Stripe's outage, which is thrown. */
async function attempt(
  run: ReconciliationRun,
  subject: { stripe_event: string } | { license: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isStripeOutage(error)) throw error;
    await reconciliationFailed(run, subject, error);
  }
}

/** Counts a failure and logs it. */
async function reconciliationFailed(
  { done, scope, now }: ReconciliationRun,
  subject: Record<string, string>,
  error: unknown,
): Promise<void> {
  done.failed++;
  logFailure("reconciliation.failed", error, subject);
  await noteKeyRefusal(scope.db, error, now);
}

/** Handles one event by `process`, and publishes its changes. `process` returns null if there was nothing to do. */
const attemptEvent = (run: ReconciliationRun, id: string, process: () => Promise<EventOutcome | null>): Promise<void> =>
  attempt(run, { stripe_event: id }, async () => {
    const outcome = await process();
    if (!outcome) return;
    run.done.events++;
    await run.settle(purchaseChanges(outcome.licenses));
  });
