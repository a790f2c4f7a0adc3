import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import type { Bundle } from "../../../bench/bundle.ts";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { runWrangler } from "../../../scripts/development/wrangler.ts";

const MIGRATIONS_TABLE =
  "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
  "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";

const OURS = "name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";

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
    const { options, vars } = readConfiguration();
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
    const worker = new WholeWorker(miniflare, (await miniflare.ready).origin);
    await worker.migrate("STATISTICS", "migrations/statistics");
    return worker;
  }

  /** Applies every migration, and records it as `wrangler d1 migrations apply` does. */
  async migrate(binding: "DB" | "STATISTICS", folder: string): Promise<void> {
    const database = await this.#miniflare.getD1Database(binding, "catalog");
    await database.exec(MIGRATIONS_TABLE);
    const names = (await readdir(join(PROJECT, folder))).filter((name) => name.endsWith(".sql")).sort();
    for (const name of names) {
      const statements = unstable_splitSqlQuery(await readFile(join(PROJECT, folder, name), "utf8"));
      const applied = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
      await database.batch([...statements.map((sql) => database.prepare(sql)), applied]);
    }
  }

  database = (): ReturnType<Miniflare["getD1Database"]> => this.#miniflare.getD1Database("DB", "catalog");
  bucket = (name: "BINARIES" | "BACKUPS"): ReturnType<Miniflare["getR2Bucket"]> =>
    this.#miniflare.getR2Bucket(name, "catalog");

  edge = (): ReturnType<Miniflare["getKVNamespace"]> => this.#miniflare.getKVNamespace("EDGE", "catalog");

  /** Every row of every table of the ledger, in the order of its text. */
  async rows(): Promise<Record<string, string[]>> {
    const database = await this.database();
    const { results } = await database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND ${OURS}`)
      .all<{ name: string }>();
    const rows = await database.batch(results.map(({ name }) => database.prepare(`SELECT * FROM "${name}"`)));
    return Object.fromEntries(
      results.map(({ name }, at) => [name, (rows[at]?.results ?? []).map((row) => JSON.stringify(row)).sort()]),
    );
  }

  /** The statements of the ledger's schema, in the order of their text. */
  async schema(): Promise<string[]> {
    const query = `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${OURS}`;
    const { results } = await (await this.database()).prepare(query).all<{ sql: string }>();
    return results.map(({ sql }) => sql.replaceAll(/\s+/g, " ")).sort();
  }

  /** Copies every object of a bucket to another environment, as rclone does. */
  async copyBucket(name: "BINARIES" | "BACKUPS", to: WholeWorker): Promise<void> {
    const [from, into] = [await this.bucket(name), await to.bucket(name)];
    for (const { key } of (await from.list()).objects) {
      const object = await from.get(key);
      if (object) await into.put(key, await object.arrayBuffer());
    }
  }

  /** Copies the bucket of backups into a folder, as rclone does. Returns the folder. */
  async copyBackups(folder: string): Promise<string> {
    const bucket = await this.bucket("BACKUPS");
    for (const { key } of (await bucket.list()).objects) {
      await mkdir(dirname(join(folder, key)), { recursive: true });
      const object = await bucket.get(key);
      if (object) await writeFile(join(folder, key), Buffer.from(await object.arrayBuffer()));
    }
    return folder;
  }

  stop = (): Promise<void> => this.#miniflare.dispose();
}

/** Runs a `wrangler d1` command on the ledger in `folder`. Throws with its output if it fails. */
export const wranglerD1 = (folder: string, ...args: string[]): Promise<void> =>
  runWrangler(["d1", ...args, "--local", "--persist-to", folder, "--env="], AbortSignal.timeout(600_000));

/** The Worker's options and variables in wrangler.toml. */
function readConfiguration() {
  const { WRANGLER_LOG } = process.env;
  // Suppresses wrangler's warning about missing secrets, which each test sets. Later files start servers from this
  // process, whose log must not be off, so the variable is put back.
  process.env["WRANGLER_LOG"] = "none";
  try {
    const configPath = join(PROJECT, "wrangler.toml");
    const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(configPath).workerOptions;
    return { options, vars: unstable_readConfig({ config: configPath }).vars };
  } finally {
    if (WRANGLER_LOG === undefined) delete process.env["WRANGLER_LOG"];
    else process.env["WRANGLER_LOG"] = WRANGLER_LOG;
  }
}
