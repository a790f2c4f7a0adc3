import { logEvent, logFailure } from "../../../lib/log.ts";
import { currentTime, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { configOf } from "../../../platform/config/config.ts";
import { type Job, shortJob, startJob } from "../../../platform/jobs/job.ts";
import { always, onRequest } from "../../../platform/jobs/schedule.ts";
import { disableEndpoint, type Endpoint, isEnabled, listEnabled, noteRound, readEndpoint } from "../endpoint/store.ts";
import { lastNumber } from "../event/store.ts";
import { type Attempt, afterRound, outcomeOf, reasonToDisable } from "./decision.ts";
import { queueEvents } from "./queue.ts";
import { sendOnce } from "./send.ts";
import { type DueDelivery, dueDeliveries, recordAttempt } from "./store.ts";

/** The messages that are sent to an endpoint at the same time: Workers open six connections at most. */
const AT_ONCE = 5;

/** The rounds of one step: each has at most five calls of D1 beside its messages, of the 1,000 of an invocation. */
const ROUNDS = 60;

/** How long a step begins rounds, in milliseconds. */
const STEP_MS = 60_000;

/** How a step ended: whether another one should follow at once. */
type Step = { hasMore: boolean };

type Options = { timeoutMs?: number; rounds?: number; clock?: () => UnixSeconds; random?: () => number };

/**
 * Sends what is due to an endpoint, in rounds. It stops when nothing is due, when the endpoint has failed a round, or
 * after about a minute. Throws D1's errors; a message that was sent before is then sent again.
 */
export async function deliverTo(
  env: Pick<Env, "DB"> & object,
  endpointId: string,
  { timeoutMs, rounds = ROUNDS, clock = currentTime, random = Math.random }: Options = {},
): Promise<Step> {
  const began = Date.now();
  let endpoint: Endpoint = await readEndpoint(env.DB, endpointId);
  for (let round = 0; round < rounds && Date.now() - began < STEP_MS; round++) {
    const now = clock();
    if (!isEnabled(endpoint) || endpoint.not_before > now) return { hasMore: false };
    const queued = await queueEvents(env.DB, endpoint, now);
    const due = await dueDeliveries(env.DB, endpointId, now, AT_ONCE);
    if (due.length === 0 && !queued.hasMore) return { hasMore: false };
    endpoint = await sendRound(env, queued.endpoint, due, {
      now,
      random,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }
  return { hasMore: true };
}

/** Sends messages at once, records how that ended, and returns the endpoint as it is then. */
async function sendRound(
  env: Pick<Env, "DB"> & object,
  endpoint: Endpoint,
  due: readonly DueDelivery[],
  { now, random, ...timeout }: { now: UnixSeconds; random: () => number; timeoutMs?: number },
): Promise<Endpoint> {
  if (due.length === 0) return endpoint;
  const config = configOf(env);
  const sent = await Promise.all(
    due.map(async ({ delivery, entry }) => ({
      delivery,
      attempt: entry === null ? null : await sendOnce(config, endpoint, { delivery, entry }, { now, ...timeout }),
    })),
  );
  const attempts = sent.flatMap(({ attempt }) => attempt ?? []);
  const state = attempts.length === 0 ? endpoint : afterRound(endpoint, attempts, now);
  const records = sent.map(({ delivery, attempt }) => {
    const outcome =
      attempt === null ? ({ state: "failed" } as const) : outcomeOf(delivery, attempt, state, now, random());
    if (outcome.state === "failed") {
      logFailure("webhook.given_up", attempt?.error ?? FORGOTTEN.error, {
        endpoint: endpoint.id,
        sequence: delivery.sequence,
      });
    }
    return recordAttempt(env.DB, delivery, attempt ?? FORGOTTEN, outcome, now);
  });
  await env.DB.batch([...records, noteRound(env.DB, endpoint.id, state)]);
  if (endpoint.failing_since === null && state.failing_since !== null) {
    logFailure("webhook.failing", attempts[0]?.error ?? "", { endpoint: endpoint.id });
  }
  if (endpoint.failing_since !== null && state.failing_since === null)
    logEvent("webhook.recovered", { endpoint: endpoint.id });
  const why = reasonToDisable(state, attempts, now);
  if (why !== null) {
    logFailure("webhook.disabled", why, { endpoint: endpoint.id });
    return disableEndpoint(env.DB, endpoint.id, { actor: { actor: "system", requestId: null, now } }, why);
  }
  return { ...endpoint, ...state };
}

/** The attempt that was not made, because the trail does not have the entry any more. */
const FORGOTTEN: Attempt = {
  status: null,
  error: "The event is older than the trail keeps it.",
  ms: 0,
  retryAfter: null,
};

/** Sends what is due to the endpoint that the message names. */
const DELIVER: Job = {
  name: "deliver-webhooks",
  isDue: onRequest,
  // Overlapping steps may send a message twice, which every receiver must bear.
  longestStep: 3 * MINUTE,
  async run({ env, subject }) {
    if (subject === null) return null;
    const { hasMore } = await deliverTo(env, subject);
    return hasMore ? { position: "more" } : null;
  },
};

/** Starts the deliveries of each endpoint that has something to send now. Throws the errors of D1 and the queue. */
export async function startDeliveries(env: Pick<Env, "DB" | "JOBS">, now: UnixSeconds): Promise<void> {
  const endpoints = await listEnabled(env.DB);
  if (endpoints.length === 0) return;
  const last = await lastNumber(env.DB);
  for (const { id, position, not_before } of endpoints) {
    if (not_before > now) continue;
    if (position >= last && !(await hasDue(env.DB, id, now))) continue;
    await startJob(env, DELIVER.name, now, { subject: id });
  }
}

const hasDue = async (db: D1Database, id: string, now: UnixSeconds): Promise<boolean> =>
  (await db
    .prepare(
      "SELECT 1 FROM webhook_deliveries WHERE endpoint_id = ? AND state = 'pending' AND next_attempt_at <= ? LIMIT 1",
    )
    .bind(id, now)
    .first()) !== null;

export const webhookJobs: readonly Job[] = [
  DELIVER,
  shortJob("webhooks", always, ({ env, now }) => startDeliveries(env, now)),
];
