import { configOf } from "../config.ts";
import { publishers } from "../publication.ts";
import type { Actor } from "../storage/ledger.ts";
import { publish } from "../storage/outbox.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "../time.ts";
import { EVENT_TYPES } from "./event-handling.ts";
import { processEvent } from "./event-processing.ts";
import { type EventFacts, eventFacts, listEvents } from "./event-store.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import { syncLicense } from "./license-sync.ts";
import { purchaseScope } from "./purchase-scope.ts";

/** What a run of reconciliation did. */
export type Reconciled = { events: number; licenses: number; failed: number };

const WATERMARK = "stripe-events";
/** Stripe keeps events for 30 days. */
const OLDEST_EVENT = 30 * DAY;
/** Events become visible late and clocks differ: each listing goes back this far behind the one before. */
const OVERLAP = HOUR;

/** How many types Stripe takes in one listing of events. */
const TYPES_A_LIST = 20;

const actorAt = (now: UnixSeconds): Actor => ({ actor: "reconciliation", requestId: null, now });

/**
 * Finds what webhooks have missed, as often as each part makes sense: unhandled events every minute, Stripe's own list every
 * ten, every live subscription once a night (03:00 UTC). Does nothing where nothing is sold. Failures are counted and logged,
 * and tried again by the next run.
 */
export async function reconcile(env: Env, scheduledAt: UnixSeconds): Promise<Reconciled> {
  const done: Reconciled = { events: 0, licenses: 0, failed: 0 };
  const config = configOf(env);
  if (config.STRIPE_SECRET_KEY === "") return done;
  const scope = await purchaseScope(env, config);
  const minute = Math.floor(scheduledAt / MINUTE);
  await handleLeftovers(env, scope, scheduledAt, done);
  if (minute % 10 === 0) await handleMissed(env, scope, scheduledAt, done);
  if (minute % (24 * 60) === 3 * 60) await followSubscriptions(env, scope, scheduledAt, done);
  return done;
}

/** Handles events that have arrived and failed; after many attempts only now and then, so that one cannot block the rest. */
async function handleLeftovers(env: Env, scope: PurchaseScope, now: UnixSeconds, done: Reconciled): Promise<void> {
  const everyTenMinutes = Math.floor(now / MINUTE) % 10 === 0;
  const filter = {
    state: "unhandled",
    receivedBefore: now - MINUTE,
    ...(everyTenMinutes ? {} : { maxAttempts: 10 }),
  } as const;
  for (const event of await listEvents(env.DB, filter, 50)) await handle(env, scope, event, now, done);
}

/** Goes through Stripe's own list since the last time: what was delivered is known by its id. */
export async function handleMissed(env: Env, scope: PurchaseScope, now: UnixSeconds, done: Reconciled): Promise<void> {
  const row = await env.DB.prepare("SELECT at FROM watermarks WHERE name = ?").bind(WATERMARK).first<{ at: number }>();
  const since = Math.max(now - OLDEST_EVENT, (row?.at ?? 0) - OVERLAP);
  const failedBefore = done.failed;
  const events: EventFacts[] = [];
  for (let first = 0; first < EVENT_TYPES.length; first += TYPES_A_LIST) {
    const types = EVENT_TYPES.slice(first, first + TYPES_A_LIST);
    for await (const event of scope.stripe.events.list({ types, created: { gte: since }, limit: 100 })) {
      events.push(eventFacts(event));
    }
  }
  for (const event of events.sort((a, b) => a.created - b.created)) await handle(env, scope, event, now, done);
  if (done.failed > failedBefore) return;
  await env.DB.prepare("INSERT INTO watermarks (name, at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = ?2")
    .bind(WATERMARK, now)
    .run();
}

/** Fetches every subscription again that a license lives on. */
export async function followSubscriptions(
  env: Env,
  { db, stripe, graceDays }: PurchaseScope,
  now: UnixSeconds,
  done: Reconciled,
): Promise<void> {
  const { results } = await db
    .prepare(
      "SELECT id FROM licenses WHERE stripe_subscription_id IS NOT NULL AND subscription_state <> 'ended' ORDER BY id",
    )
    .all<{ id: string }>();
  for (const { id } of results) {
    await attempt(done, { license: id }, async () => {
      const { changeIds } = await syncLicense(db, stripe, id, graceDays, actorAt(now));
      if (changeIds.length === 0) return;
      done.licenses++;
      await publish(env, publishers, { topic: "license", key: id }, changeIds);
    });
  }
}

async function handle(
  env: Env,
  scope: PurchaseScope,
  event: EventFacts,
  now: UnixSeconds,
  done: Reconciled,
): Promise<void> {
  await attempt(done, { event: event.id }, async () => {
    const outcome = await processEvent(scope, event, actorAt(now));
    if (!outcome) return;
    done.events++;
    for (const { licenseId, changeIds } of outcome.licenses) {
      await publish(env, publishers, { topic: "license", key: licenseId }, changeIds);
    }
  });
}

async function attempt(done: Reconciled, what: Record<string, string>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    done.failed++;
    const message = error instanceof Error ? error.message : String(error);
    console.error(JSON.stringify({ event: "reconciliation.failed", ...what, message }));
  }
}
