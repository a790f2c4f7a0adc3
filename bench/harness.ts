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

/** The Workers that run side by side. */
export type WorkerName = "catalog" | "hello" | "bare";

/** The host of a Worker: an address of this machine, because the service accepts plain http at no other. */
export const hostOf = (worker: WorkerName): string => HOSTS[worker];

const HOSTS = { catalog: "127.0.1.1", hello: "127.0.1.2", bare: "127.0.1.3" } as const;

/** A running workerd with the service and its baselines, on empty storage. */
export type Harness = {
  /** Ports on 127.0.0.1: one for each Worker, or the proxy's port for all, which selects by host. */
  ports: Record<WorkerName, number>;
  secrets: Record<string, string>;
  ledger: Awaited<ReturnType<Miniflare["getD1Database"]>>;
  edge: Awaited<ReturnType<Miniflare["getKVNamespace"]>>;
  /** Sends JSON to the bare Worker, which stores it. */
  tellBare(path: string, body: object): Promise<void>;
  /** Has the bare Worker answer a GET, without the cost of miniflare's entry. */
  askBare(path: string): Promise<void>;
  /** V8's inspector of the service's isolate. It costs nothing until a client connects. */
  inspector: URL;
  /** The port of the service in development: its links lead back to it, so that programs can follow them. */
  local: number;
  /** The ports of the isolates that have answered nothing yet, without miniflare's entry. */
  cold: { services: number[]; honos: number[] };
  /** Null if the system does not report it. */
  usage: ProcessUsage | null;
  stop(): Promise<void>;
};

/** A folder in memory if the system has one, so that the disk is not measured. `isOnDisk`: for what is too large. */
const storageFolder = (isOnDisk: boolean): Promise<string> =>
  mkdtemp(isOnDisk ? join(tmpdir(), "rbee-bench-") : "/dev/shm/rbee-bench-").catch(() =>
    mkdtemp(join(tmpdir(), "rbee-bench-")),
  );

/** `cold`: isolates of the service and of a bare Hono Worker that no other measurement asks. */
export type HarnessOptions = {
  isBehindProxy: boolean;
  isOnDisk: boolean;
  cold?: { services: number; honos: number; hono: Bundle };
};

/**
 * Starts the bundle and its baselines in one workerd process, with the bindings, variables, limits and compatibility of
 * wrangler.toml. `releaseKey` signs the releases. With `isBehindProxy`, requests pass miniflare's entry, like in
 * `wrangler dev`. Without it they go straight to the Worker, which shows its own cost more clearly.
 */
export async function startHarness(
  bundle: Bundle,
  releaseKey: MinisignSecretKey,
  { isBehindProxy, isOnDisk, cold }: HarnessOptions,
): Promise<Harness> {
  // Suppresses wrangler's warning about missing secrets, which are set here.
  process.env["WRANGLER_LOG"] = "none";
  const configPath = join(PROJECT, "wrangler.toml");
  const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(configPath).workerOptions;
  const { vars, compatibility_date, compatibility_flags } = unstable_readConfig({ config: configPath });
  const secrets = await developmentSecrets(releaseKey);
  const direct = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };
  const reached = (name: WorkerName) => ({ name, routes: [`${hostOf(name)}/*`], ...direct });
  const compatibility = {
    ...(compatibility_date === undefined ? {} : { compatibilityDate: compatibility_date }),
    compatibilityFlags: compatibility_flags,
  };
  const module = (path: string, contents: string) => [{ type: "ESModule" as const, path, contents }];
  const service = {
    ...options,
    ...{ modules: bundle.modules, modulesRoot: "/" },
    // Request logs are off, because a local console costs more than the platform's log.
    bindings: {
      ...vars,
      ...secrets,
      LOG_REQUESTS: "none",
      RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
    },
  };
  const numbered = (name: string, count = 0) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const names = { services: numbered("cold", cold?.services), honos: numbered("hono", cold?.honos) };
  const workers: V4WorkerOptions[] = [
    { ...service, ...reached("catalog") },
    { ...reached("hello"), modules: module("hello.js", HELLO), ...compatibility },
    // The same bindings, but not a second consumer of the queue.
    {
      ...options,
      ...reached("bare"),
      queueConsumers: {},
      modules: module("bare.js", BARE),
    },
    {
      ...service,
      ...direct,
      name: "local",
      queueConsumers: {},
      bindings: { ...service.bindings, ENVIRONMENT: "development", PUBLIC_URL: "http://127.0.0.1" },
    },
    ...names.services.map((name) => ({ ...service, name, ...direct, queueConsumers: {} })),
    ...(cold
      ? names.honos.map((name) => ({
          name,
          ...direct,
          ...compatibility,
          ...{ modules: cold.hono.modules, modulesRoot: "/" },
        }))
      : []),
  ];
  const folder = await storageFolder(isOnDisk);
  // Also on Ctrl-C, because a folder in memory would stay there.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ cf: false, inspectorPort: 0, resourcePersistencePath: folder, workers }),
  );
  const proxy = await miniflare.ready;
  const ledger = await miniflare.getD1Database("DB", "catalog");
  await migrate(ledger, "migrations");
  await migrate(await miniflare.getD1Database("STATISTICS", "catalog"), "migrations/statistics");
  const askBare = async (path: string, init: RequestInit) => {
    const response = await fetch(new URL(path, await miniflare.unsafeGetDirectURL("bare")), init);
    if (!response.ok) throw new Error(`the bare Worker refused ${path}: ${await response.text()}`);
    await response.arrayBuffer();
  };
  const directPortOf = async (name: string) => Number((await miniflare.unsafeGetDirectURL(name)).port);
  const portOf = async (name: WorkerName) => (isBehindProxy ? Number(proxy.port) : directPortOf(name));
  return {
    ports: {
      catalog: await portOf("catalog"),
      hello: await portOf("hello"),
      bare: await portOf("bare"),
    },
    secrets,
    ledger,
    edge: await miniflare.getKVNamespace("EDGE", "catalog"),
    tellBare: (path, body) => askBare(path, { method: "PUT", body: JSON.stringify(body) }),
    askBare: (path) => askBare(path, {}),
    local: await directPortOf("local"),
    cold: {
      services: await Promise.all(names.services.map(directPortOf)),
      honos: await Promise.all(names.honos.map(directPortOf)),
    },
    inspector: new URL("/core:user:catalog", await miniflare.getInspectorURL()),
    usage: usageOfChild("workerd"),
    stop: () => miniflare.dispose(),
  };
}

async function migrate(database: Harness["ledger"], name: string): Promise<void> {
  const folder = join(PROJECT, name);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  for (const file of files) {
    const statements = unstable_splitSqlQuery(await readFile(join(folder, file), "utf8"));
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
}
