import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Harness, WorkerName } from "./harness.ts";
import { runRound } from "./measurement.ts";
import { always, get } from "./requests.ts";
import { SAMPLES } from "./sample-releases.ts";
import type { Samples } from "./samples.ts";

/** The number of clients that download at the same time. */
const CLIENTS = 4;

/** The peak memory while clients download a file, in bytes. */
export type PeakMemory = {
  fileBytes: number;
  /** Of the service's isolate. */
  isolate: number;
  /** Of all of workerd, R2 included: for the service, and for a Worker that serves the same object without checks. */
  process: { path: number; bare: number } | null;
};

/**
 * Measures the peak memory during downloads of two files, the second four times as large. If the service kept any part
 * of a file, the second peak would be higher.
 */
export async function measurePeakMemory(harness: Harness, samples: Samples): Promise<PeakMemory[]> {
  const { usage } = harness;
  const download = async (worker: WorkerName, path: string): Promise<number> => {
    usage?.forgetPeak();
    const side = { worker, next: always(get(worker, path)) };
    await runRound(harness, side, { requestsPerRound: CLIENTS }, { connections: CLIENTS, seconds: 0 });
    return usage?.peakBytes() ?? 0;
  };
  const files = [SAMPLES.large, SAMPLES.larger];
  for (const file of files) await samples.publish(file);
  const peaks: PeakMemory[] = [];
  for (const file of files) {
    const bare = await download("bare", `/r2/${await samples.objectKeyOf(file)}`);
    const link = await samples.linkTo(file);
    let path = 0;
    const isolate = await peakIsolateMemory(harness.inspector, async () => {
      path = await download("catalog", link);
    });
    peaks.push({ fileBytes: file.size, isolate, process: usage && { path, bare } });
  }
  return peaks;
}

const SAMPLE_EVERY_MS = 20;

/** V8's `Runtime.getHeapUsage`: the JavaScript objects, the runtime's objects and the bytes of ArrayBuffers. */
const Answer = z.object({
  id: z.number(),
  result: z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() }),
});

/**
 * The peak memory of a Worker's isolate while `work` runs, in bytes. V8's inspector at `inspector` samples it every 20
 * ms. The platform limits it to 128 MB. Throws the error of `work`, and if the inspector does not answer.
 */
export async function peakIsolateMemory(inspector: URL, work: () => Promise<unknown>): Promise<number> {
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("workerd's inspector is unreachable")), { once: true });
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
  if (answered === 0) throw new Error("workerd's inspector did not answer");
  return peak;
}
