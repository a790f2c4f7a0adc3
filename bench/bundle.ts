import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { runWrangler } from "../scripts/development/wrangler.ts";
import { median } from "./measurement.ts";

/** The upload of `wrangler deploy`. */
export type Bundle = {
  /** The entry module comes first. */
  modules: { type: "ESModule" | "Text" | "CompiledWasm"; path: string; contents: Buffer }[];
  /** The size of all modules, gzipped together, in bytes. wrangler shows it, and the platform limits it. */
  gzipBytes: number;
};

/** The smallest Worker with Hono, from the root of the project. */
export const BARE_HONO = "bench/bare-hono.ts";

/**
 * Builds the Worker exactly like `wrangler deploy`, without uploading it. `entry` is the file of another Worker, from
 * the root of the project, which is built with the same options.
 */
export async function buildBundle(signal: AbortSignal, entry?: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-bundle-"));
  // The command that a deployment also uploads is no part of the Worker, and need not be built here.
  const assets = await mkdtemp(join(tmpdir(), "rbee-bench-assets-"));
  const options = ["--dry-run", "--env=", "--assets", assets, "--outdir", folder];
  await runWrangler(["deploy", ...(entry ? [entry] : []), ...options], signal);
  await rm(assets, { recursive: true });
  const files = (await readdir(folder)).filter((name) => name !== "README.md" && !name.endsWith(".map"));
  // The only module of JavaScript is the entry.
  files.sort((a, b) => Number(b.endsWith(".js")) - Number(a.endsWith(".js")));
  const modules = await Promise.all(
    files.map(async (path) => {
      return { type: typeOf(path), path, contents: await readFile(join(folder, path)) };
    }),
  );
  await rm(folder, { recursive: true });
  return { modules, gzipBytes: gzipSync(Buffer.concat(modules.map(({ contents }) => contents))).length };
}

function typeOf(path: string): Bundle["modules"][number]["type"] {
  if (path.endsWith(".js")) return "ESModule";
  return path.endsWith(".wasm") ? "CompiledWasm" : "Text";
}

/** A V8 CPU profile: the running node of each sample, and its duration in microseconds. */
const CpuProfile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

const PROFILES = 5;
/** How often to try again if a profile caught nothing but the wait for the request that starts the Worker. */
const ATTEMPTS = 3 * PROFILES;

/**
 * The CPU time that the Worker (or that of `entry`) takes to start, in milliseconds: the busy part of `wrangler check
 * startup`, as the median of five profiles. The platform allows 1000.
 */
export async function measureStartup(signal: AbortSignal, entry?: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-startup-"));
  const file = join(folder, "startup.cpuprofile");
  const milliseconds: number[] = [];
  for (let i = 0; i < ATTEMPTS && milliseconds.length < PROFILES; i++) {
    await runWrangler(["check", "startup", "--outfile", file, ...(entry ? [`--args=${entry}`] : [])], signal);
    const { nodes, samples, timeDeltas } = CpuProfile.parse(JSON.parse(await readFile(file, "utf8")));
    const idle = nodes.find(({ callFrame }) => callFrame.functionName === "(idle)")?.id;
    const busy = samples.reduce((sum, node, at) => (node === idle ? sum : sum + (timeDeltas[at] ?? 0)), 0);
    if (busy > 0) milliseconds.push(busy / 1000);
  }
  await rm(folder, { recursive: true });
  return median(milliseconds);
}
