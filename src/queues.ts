import { service } from "./app.ts";
import { jobs } from "./cron.ts";
import { logEvent, logFailure } from "./lib/log.ts";
import { buryMessages } from "./platform/jobs/dead-letter-store.ts";
import { retryDelay, workOffJob } from "./platform/jobs/run.ts";
import { recordUsage } from "./platform/usage/store.ts";

type Consumer = (batch: MessageBatch<unknown>, env: Env) => Promise<void>;

/** The consumer of each queue of wrangler.toml, by the name that the queue has in production. */
const CONSUMERS: Readonly<Record<string, Consumer>> = {
  "rbee-jobs": async ({ messages }, env) => {
    for (const message of messages) await workOffJob(env, { jobs, service }, message);
  },
  "rbee-downloads": async (batch, env) => {
    try {
      await recordUsage(
        env.STATISTICS,
        batch.messages.map(({ body }) => body),
      );
    } catch (error) {
      logFailure("usage.failed", error, { messages: batch.messages.length });
      for (const message of batch.messages) message.retry({ delaySeconds: retryDelay(message.attempts) });
    }
  },
  "rbee-jobs-dead": (batch, env) => buryMessages(env.DB, "jobs", batch.messages),
  "rbee-downloads-dead": (batch, env) => buryMessages(env.DB, "downloads", batch.messages),
};

/** Works off a batch. Throws for an unknown queue, and the errors of the consumer; the queue then retries the batch. */
export async function consume(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const consumer = CONSUMERS[batch.queue.replace(/-staging$/, "")];
  if (!consumer) throw new Error(`no consumer of the queue ${batch.queue}`);
  await consumer(batch, env);
  if (env.LOG_REQUESTS === "all") logEvent("queue.batch", { queue: batch.queue, messages: batch.messages.length });
}
