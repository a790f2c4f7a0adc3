import { answerAtOnce } from "./at-once.ts";
import { HOUR } from "./lib/time.ts";

/** How long messages wait that reached the wrong deployment, in seconds. Queues allow 12 hours at most. */
const NOT_OURS_DELAY = 12 * HOUR;

const ownsStores = async (env: Env): Promise<boolean> =>
  (await import("./platform/storage/store-mark.ts")).ownsStores(env);

// The rest of the service is evaluated when it is first needed, so that an isolate starts without it.
export default {
  fetch: async (request, env, context) =>
    (await answerAtOnce(request, env, context)) ?? (await import("./app.ts")).app.fetch(request, env, context),

  async scheduled({ scheduledTime }, env) {
    if (!(await ownsStores(env))) return;
    const { runCron } = await import("./cron.ts");
    await runCron(env, Math.floor(scheduledTime / 1000));
  },

  async queue(batch, env) {
    // The messages wait for the deployment that they belong to.
    if (!(await ownsStores(env))) return batch.retryAll({ delaySeconds: NOT_OURS_DELAY });
    const { consume } = await import("./queues.ts");
    await consume(batch, env);
  },
} satisfies ExportedHandler<Env>;
