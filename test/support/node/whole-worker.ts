import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import type { Bundle } from "../../../bench/bundle.ts";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { runWrangler } from "../../../scripts/development/wrangler.ts";

/** The Worker as `wrangler deploy` bundles it, on stores in a folder: one environment of it. */
export class WholeWorker {
  readonly #miniflare: Miniflare;
  readonly url: string;

  private constructor(miniflare: Miniflare, url: string) {
    this.#miniflare = miniflare;
    this.url = url;
  }

  /** Starts the Worker. Its queues work, and its cron does not run by itself. */
  static async start(bundle: Bundle, folder: string, variables: Record<string, string>): Promise<WholeWorker> {
    // Suppresses wrangler's warning about missing secrets, which are set here.
    process.env["WRANGLER_LOG"] = "none";
    const configPath = join(PROJECT, "wrangler.toml");
    const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(configPath).workerOptions;
    const { vars } = unstable_readConfig({ config: configPath });
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        resourcePersistencePath: join(folder, "v3"),
        workers: [
          {
            ...options,
            name: "catalog",
            modules: bundle.modules,
            modulesRoot: "/",
            bindings: { ...vars, ...variables },
          },
        ],
      }),
    );
    return new WholeWorker(miniflare, (await miniflare.ready).origin);
  }

  database = (): ReturnType<Miniflare["getD1Database"]> => this.#miniflare.getD1Database("DB", "catalog");
  bucket = (name: "BINARIES" | "BACKUPS"): ReturnType<Miniflare["getR2Bucket"]> =>
    this.#miniflare.getR2Bucket(name, "catalog");
  stop = (): Promise<void> => this.#miniflare.dispose();
}

/** Runs a `wrangler d1` command on the ledger in `folder`. Throws with its output if it fails. */
export const wranglerD1 = (folder: string, ...args: string[]): Promise<void> =>
  runWrangler(["d1", ...args, "--local", "--persist-to", folder, "--env="], AbortSignal.timeout(600_000));
