import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ApiError, pageOf, type Route } from "./answer.ts";

/** The body of a consumer, as `updateQueueConsumers` of wrangler sends it. */
const Consumer = z.strictObject({
  type: z.literal("worker"),
  script_name: z.string(),
  dead_letter_queue: z.string().optional(),
  settings: z.strictObject({
    batch_size: z.number().optional(),
    max_retries: z.number().optional(),
    max_wait_time_ms: z.number().optional(),
    max_concurrency: z.number().nullable().optional(),
    retry_delay: z.number().optional(),
  }),
});

export type StubConsumer = Omit<z.output<typeof Consumer>, "script_name"> & { consumer_id: string; script: string };
export type StubQueue = { queue_id: string; queue_name: string; consumers: StubConsumer[] };

/** Queues (`listQueues`, `postConsumerById`, `putConsumerById`). A queue has one consumer that is a Worker. */
export function queueRoutes(queues: StubQueue[]): Route[] {
  const path = "/accounts/:account/queues";
  const find = (id = ""): StubQueue => {
    const found = queues.find(({ queue_id }) => queue_id === id);
    if (!found) throw new ApiError(404, 11000, "Queue not found");
    return found;
  };
  const consumerOf = async (json: () => Promise<unknown>): Promise<Omit<StubConsumer, "consumer_id">> => {
    const { script_name, ...body } = Consumer.parse(await json());
    if (body.dead_letter_queue !== undefined && !queues.some((q) => q.queue_name === body.dead_letter_queue)) {
      throw new ApiError(400, 100127, "The dead letter queue does not exist.");
    }
    return { ...body, script: script_name };
  };
  return [
    [
      "GET",
      path,
      "Queues Read",
      ({ query }) => {
        const names = query.getAll("name");
        return pageOf(
          names.length === 0 ? queues : queues.filter(({ queue_name }) => names.includes(queue_name)),
          query,
        );
      },
    ],
    [
      "POST",
      path,
      "Queues Write",
      async ({ json }) => {
        const { queue_name } = z.strictObject({ queue_name: z.string().min(1) }).parse(await json());
        if (queues.some((known) => known.queue_name === queue_name)) {
          throw new ApiError(409, 11009, `Queue name '${queue_name}' is already taken`);
        }
        const made = { queue_id: randomUUID().replaceAll("-", ""), queue_name, consumers: [] };
        queues.push(made);
        return made;
      },
    ],
    [
      "POST",
      `${path}/:id/consumers`,
      "Queues Write",
      async ({ params, json }) => {
        const queue = find(params["id"]);
        if (queue.consumers.length > 0) throw new ApiError(400, 11004, `Queue '${queue.queue_name}' has a consumer.`);
        const made = { consumer_id: randomUUID().replaceAll("-", ""), ...(await consumerOf(json)) };
        queue.consumers.push(made);
        return made;
      },
    ],
    [
      "PUT",
      `${path}/:id/consumers/:consumer`,
      "Queues Write",
      async ({ params, json }) => {
        const known = find(params["id"]).consumers.find(({ consumer_id }) => consumer_id === params["consumer"]);
        if (!known) throw new ApiError(404, 11001, "Consumer not found");
        return Object.assign(known, await consumerOf(json));
      },
    ],
  ];
}
