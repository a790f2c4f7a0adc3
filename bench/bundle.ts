import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runWrangler } from "../scripts/development/wrangler.ts";

/** What `wrangler deploy` would upload. */
export type Bundle = {
  /** The entry module comes first. */
  modules: { type: "ESModule" | "Text"; path: string; contents: string }[];
  /** Bytes of all modules, gzipped together: what wrangler shows and the platform limits. */
  gzipBytes: number;
};

/** Builds the Worker exactly as `wrangler deploy` does, and uploads nothing. */
export async function buildBundle(signal: AbortSignal): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-bundle-"));
  await runWrangler(["deploy", "--dry-run", "--outdir", folder], signal);
  const files = (await readdir(folder)).filter((name) => name !== "README.md" && !name.endsWith(".map"));
  files.sort((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  const modules = await Promise.all(
    files.map(async (path) => {
      const type: "ESModule" | "Text" = path.endsWith(".js") ? "ESModule" : "Text";
      return { type, path, contents: await readFile(join(folder, path), "utf8") };
    }),
  );
  await rm(folder, { recursive: true });
  return { modules, gzipBytes: gzipSync(modules.map(({ contents }) => contents).join("")).length };
}
