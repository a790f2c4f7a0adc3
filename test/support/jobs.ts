import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";

/** The result of one delivery, as the queue sees it. */
export type Delivered = Awaited<ReturnType<typeof getQueueResult>>;

/** A queue that keeps its messages until the test delivers them to the Worker, one in each invocation. */
export class HeldQueue {
  readonly waiting: unknown[] = [];
  delivered = 0;

  readonly binding = {
    send: async (body: unknown) => void this.waiting.push(structuredClone(body)),
    sendBatch: async (messages: Iterable<{ body: unknown }>) => {
      for (const { body } of messages) this.waiting.push(structuredClone(body));
    },
  } as unknown as Queue;

  /** Delivers the oldest message for the `attempts`-th time. A message that is not retried is gone afterwards. */
  async deliverOne(bindings: Env, { attempts = 1, id = `message-${this.delivered}` } = {}): Promise<Delivered> {
    const [body] = this.waiting.splice(0, 1);
    this.delivered++;
    const batch = createMessageBatch("rbee-jobs", [{ id, timestamp: new Date(), attempts, body }]);
    const context = createExecutionContext();
    await worker.queue(batch, bindings);
    return getQueueResult(batch, context);
  }

  /** Delivers a message that the queue has given up. */
  async bury(bindings: Env, body: unknown, queue = "rbee-jobs-dead"): Promise<Delivered> {
    const batch = createMessageBatch(queue, [{ id: "dead", timestamp: new Date(), attempts: 1, body }]);
    const context = createExecutionContext();
    await worker.queue(batch, bindings);
    return getQueueResult(batch, context);
  }

  /** Delivers messages, and those that jobs send meanwhile, until none is left. */
  async deliverAll(bindings: Env): Promise<void> {
    while (this.waiting.length > 0) await this.deliverOne(bindings);
  }
}

/** Runs the cron at `at` (milliseconds), and then every job that it starts. A failed job is not retried. */
export async function runCronAndJobs(bindings: Env = env, at: number = Date.now()): Promise<void> {
  const queue = new HeldQueue();
  const held = { ...bindings, JOBS: queue.binding };
  await worker.scheduled({ cron: "* * * * *", scheduledTime: at, noRetry() {} }, held);
  await queue.deliverAll(held);
}
