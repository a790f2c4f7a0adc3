import { rmSync } from "node:fs";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { PROJECT } from "../scripts/development/paths.ts";
import { developmentSecrets } from "../scripts/development-secrets.ts";
import { formatMinisignPublicKey } from "../src/lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";
import { BARE, HELLO } from "./baselines.ts";
import type { Bundle } from "./bundle.ts";
import { type ProcessUsage, usageOfChild } from "./process-usage.ts";

/** The Workers that run beside each other. */
export type WorkerName = "catalog" | "hello" | "bare";

/** The host that a Worker answers for. */
export const hostOf = (worker: WorkerName): string => `${worker}.test`;

/** A running workerd with the service and its baselines, on empty storage. */
export type Harness = {
  /** Ports of 127.0.0.1: each Worker's own, or all the proxy's, which goes by the host. */
  ports: Record<WorkerName, number>;
  secrets: Record<string, string>;
  ledger: Awaited<ReturnType<Miniflare["getD1Database"]>>;
  edge: Awaited<ReturnType<Miniflare["getKVNamespace"]>>;
  /** Puts JSON to the bare Worker, which keeps it. */
  tellBare(path: string, body: object): Promise<void>;
  /** V8's inspector of the service's isolate. It costs nothing until somebody connects. */
  inspector: URL;
  /** Null where the system does not tell. */
  usage: ProcessUsage | null;
  stop(): Promise<void>;
};

/** Storage in memory where the system has a place for it, so that no disk is measured. */
const storageFolder = (): Promise<string> =>
  mkdtemp("/dev/shm/rbee-bench-").catch(() => mkdtemp(join(tmpdir(), "rbee-bench-")));

/**
 * Starts the bundle with the bindings, variables, limits and compatibility that wrangler.toml gives it in production, and
 * the baselines beside it, all in one workerd process. `releaseKey` is the minisign key that its releases are
 * signed with. With `isBehindProxy`, requests come through miniflare's own entry as they do in `wrangler dev`; without,
 * nothing stands between a port and its Worker, which shows more sharply what is ours.
 */
export async function startHarness(
  bundle: Bundle,
  releaseKey: MinisignSecretKey,
  isBehindProxy: boolean,
): Promise<Harness> {
  // Wrangler would warn on stdout that it knows no secrets; they are given here.
  process.env["WRANGLER_LOG"] = "none";
  const configPath = join(PROJECT, "wrangler.toml");
  const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(configPath).workerOptions;
  const { vars, compatibility_date, compatibility_flags } = unstable_readConfig({ config: configPath });
  const secrets = await developmentSecrets(releaseKey);
  const reached = (name: WorkerName) => ({
    name,
    routes: [`${hostOf(name)}/*`],
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  });
  const module = (path: string, contents: string) => [{ type: "ESModule" as const, path, contents }];
  const workers: V4WorkerOptions[] = [
    {
      ...options,
      ...reached("catalog"),
      ...{ modules: bundle.modules, modulesRoot: "/" },
      // A local console costs more than the platform's log, which is what a line for each request would measure.
      bindings: {
        ...vars,
        ...secrets,
        LOG_REQUESTS: "none",
        RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
      },
    },
    {
      ...reached("hello"),
      modules: module("hello.js", HELLO),
      ...(compatibility_date === undefined ? {} : { compatibilityDate: compatibility_date }),
      compatibilityFlags: compatibility_flags,
    },
    // The same bindings, but not a second consumer of the queue.
    {
      ...options,
      ...reached("bare"),
      queueConsumers: {},
      modules: module("bare.js", BARE),
    },
  ];
  const folder = await storageFolder();
  // Also when somebody ends the run by Ctrl-C: what lies in memory would stay there.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ cf: false, inspectorPort: 0, resourcePersistencePath: folder, workers }),
  );
  const proxy = await miniflare.ready;
  const ledger = await miniflare.getD1Database("DB", "catalog");
  await migrate(ledger);
  const portOf = async (name: WorkerName) =>
    Number((isBehindProxy ? proxy : await miniflare.unsafeGetDirectURL(name)).port);
  return {
    ports: {
      catalog: await portOf("catalog"),
      hello: await portOf("hello"),
      bare: await portOf("bare"),
    },
    secrets,
    ledger,
    edge: await miniflare.getKVNamespace("EDGE", "catalog"),
    async tellBare(path, body) {
      const url = new URL(path, await miniflare.unsafeGetDirectURL("bare"));
      const response = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`the bare Worker does not take ${path}: ${await response.text()}`);
    },
    inspector: new URL("/core:user:catalog", await miniflare.getInspectorURL()),
    usage: usageOfChild("workerd"),
    stop: () => miniflare.dispose(),
  };
}

async function migrate(ledger: Harness["ledger"]): Promise<void> {
  const folder = join(PROJECT, "migrations");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  for (const file of files) {
    const statements = unstable_splitSqlQuery(await readFile(join(folder, file), "utf8"));
    await ledger.batch(statements.map((statement) => ledger.prepare(statement)));
  }
}
