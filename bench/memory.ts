import type { Harness } from "./harness.ts";
import { runRound } from "./measurement.ts";
import { always, get } from "./requests.ts";
import { SAMPLES } from "./sample-releases.ts";
import type { Samples } from "./samples.ts";

/** Clients that download at once. */
const CLIENTS = 4;

/** The most memory that workerd holds while clients download a file, by the file's size; all in bytes. */
export type PeakMemory = { clients: number; before: number; peaks: { fileBytes: number; peakBytes: number }[] };

/**
 * Downloads two files, the second four times the first, and sees how much memory workerd comes to hold: were any part of
 * a file kept, the second peak would be higher. Null on a system that does not tell.
 */
export async function measurePeakMemory(harness: Harness, samples: Samples): Promise<PeakMemory | null> {
  const { usage } = harness;
  if (!usage) return null;
  const files = [SAMPLES.large, SAMPLES.larger];
  for (const file of files) await samples.publish(file);
  usage.forgetPeak();
  const before = usage.peakBytes();
  const peaks: PeakMemory["peaks"] = [];
  for (const file of files) {
    const side = { worker: "catalog", next: always(get("catalog", await samples.linkTo(file))) } as const;
    usage.forgetPeak();
    await runRound(harness, side, { requestsPerRound: CLIENTS }, { connections: CLIENTS, seconds: 0 });
    peaks.push({ fileBytes: file.size, peakBytes: usage.peakBytes() });
  }
  return { clients: CLIENTS, before, peaks };
}
