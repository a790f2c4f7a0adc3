import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { runWrangler } from "../scripts/development/wrangler.ts";
import { median } from "./median.ts";

/** A V8 CPU profile: which node was running at each sample, and for how many microseconds. */
const CpuProfile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

const PROFILES = 3;

/**
 * Milliseconds of CPU that the Worker takes to start, by `wrangler check startup`: all of the profile but the waiting.
 * The platform allows 1000. The median of three profiles.
 */
export async function measureStartup(signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-startup-"));
  const file = join(folder, "startup.cpuprofile");
  const milliseconds: number[] = [];
  for (let i = 0; i < PROFILES; i++) {
    await runWrangler(["check", "startup", "--outfile", file], signal);
    const { nodes, samples, timeDeltas } = CpuProfile.parse(JSON.parse(await readFile(file, "utf8")));
    const idle = nodes.find(({ callFrame }) => callFrame.functionName === "(idle)")?.id;
    const busy = samples.reduce((sum, node, at) => (node === idle ? sum : sum + (timeDeltas[at] ?? 0)), 0);
    milliseconds.push(busy / 1000);
  }
  await rm(folder, { recursive: true });
  return median(milliseconds);
}
