import type { Harness, WorkerName } from "./harness.ts";
import { peakIsolateMemory } from "./isolate-memory.ts";
import { runRound } from "./measurement.ts";
import { always, get } from "./requests.ts";
import { SAMPLES } from "./sample-releases.ts";
import type { Samples } from "./samples.ts";

/** Clients that download at once. */
const CLIENTS = 4;

/** The most memory held while clients download a file, in bytes. */
export type PeakMemory = {
  fileBytes: number;
  /** By the service's own isolate. */
  isolate: number;
  /** By all of workerd, R2 included: under the service, and under a Worker that serves the same object unchecked. */
  process: { path: number; bare: number } | null;
};

/**
 * Downloads two files, the second four times the first, and sees how much memory is held meanwhile: were any part of a
 * file kept by the service, its second peak would be higher.
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
