import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

const SAMPLE_EVERY_MS = 20;

/** V8's `Runtime.getHeapUsage`: JavaScript objects, the runtime's own, and the bytes behind ArrayBuffers. */
const Answer = z.object({
  id: z.number(),
  result: z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() }),
});

/**
 * The most memory that a Worker's isolate holds while `work` runs, in bytes, seen every 20 ms through V8's inspector at
 * `inspector`. This is what the platform limits to 128 MB. Throws what `work` throws, and when the inspector does not answer.
 */
export async function peakIsolateMemory(inspector: URL, work: () => Promise<unknown>): Promise<number> {
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("workerd's inspector cannot be reached")), { once: true });
  });
  let peak = 0;
  let answered = 0;
  socket.addEventListener("message", ({ data }) => {
    const answer = Answer.safeParse(JSON.parse(String(data)));
    if (!answer.success) return;
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = answer.data.result;
    peak = Math.max(peak, usedSize + embedderHeapUsedSize + backingStorageSize);
    answered = answer.data.id;
  });
  const done = new AbortController();
  const sampling = (async () => {
    for (let id = 1; !done.signal.aborted; id++) {
      socket.send(JSON.stringify({ id, method: "Runtime.getHeapUsage" }));
      await sleep(SAMPLE_EVERY_MS);
    }
  })();
  try {
    await work();
  } finally {
    done.abort();
    await sampling;
    socket.close();
  }
  if (answered === 0) throw new Error("workerd's inspector has not answered");
  return peak;
}
