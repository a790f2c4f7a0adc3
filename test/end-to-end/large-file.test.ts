import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { openLedger } from "../../scripts/development/ledger.ts";
import { killWorker, launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { rbeeCatalog } from "./program-run.ts";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/** A file that is large enough to be checked in steps, and a server that dies meanwhile. */

const WORKER = "llm-worker-rbee-premium-cpu";
const VERSION = "7.0.0";
const MiB = 1024 * 1024;
/** One whole slice and a rest. */
const SIZE = 65 * MiB;

const Releases = z.object({
  releases: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      status: z.string(),
      artifacts: z.array(z.object({ id: z.string(), size: z.number(), state: z.string() })),
    }),
  ),
});
const Upload = z.object({ check: z.object({ state: z.string(), checked: z.number() }).nullable() });

let root = "";
let port = 0;
let server: Server;
let catalog: Catalog;
let file = "";

const dev = () => join(root, "dev");

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-large-file-"));
  port = await freePort();
  server = await ready(launch(dev(), port));
  catalog = await catalogIn(dev());
  file = join(root, "worker-linux-x86_64");
  const written = await open(file, "w");
  await written.truncate(SIZE);
  for (const at of [0, 64 * MiB - 100, SIZE - 200]) await written.write(randomBytes(200), 0, 200, at);
  await written.close();
});

afterAll(async () => {
  await server?.stop();
  await rm(root, { recursive: true, force: true });
});

/** In a process of its own, whose progress is on its standard error. */
const publish = () =>
  rbeeCatalog(
    [
      ...["release", "publish", file, "--worker", WORKER, "--version", VERSION],
      ...["--sign-key", join(dev(), "release-signing.key")],
    ],
    { DEV_DIR: dev(), RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: catalog.adminToken },
  );

const ask = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> => {
  const headers = { Authorization: `Bearer ${catalog.adminToken}` };
  return schema.parse(await (await fetch(`${catalog.url}/v1/admin/releases${path}`, { headers })).json());
};

const release = async () =>
  (await ask(Releases, `?worker_id=${WORKER}`)).releases.find(({ version }) => version === VERSION);

/** The progress of the file's check; null before it. */
async function check() {
  const found = await release();
  const artifact = found?.artifacts[0];
  return found && artifact ? (await ask(Upload, `/${found.id}/artifacts/${artifact.id}`)).check : null;
}

/** Keeps each check from getting further than its first slice. */
const HOLD =
  "CREATE TRIGGER hold BEFORE UPDATE OF checked ON artifact_checks WHEN OLD.checked > 0 BEGIN SELECT RAISE(ABORT, 'held'); END";

const ledger = async (...sql: string[]) => (await openLedger(catalog.url)).execute(sql.map((one) => ({ sql: one })));

it.runIf(process.platform === "linux")(
  "a server that is killed in the middle of a check goes on from there after its restart",
  async () => {
    await ledger(HOLD);
    const interrupted = publish();
    const held = { state: "running", checked: 64 * MiB };
    await expect.poll(check, { timeout: 300_000 }).toEqual(held);
    await killWorker(server);
    expect(await server.exited).toBe(1);
    expect(await interrupted).toMatchObject({ code: 7 });

    server = await ready(launch(dev(), port));
    expect(await check()).toMatchObject({ checked: 64 * MiB });
    // Nobody waits here until the check counts as stalled.
    await ledger(
      "DROP TRIGGER hold",
      "UPDATE artifact_checks SET progressed_at = 0",
      "UPDATE job_leases SET until = 0",
    );
    expect(await check()).toEqual({ ...held, state: "stalled" });
    const resumed = await publish();
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("Checking worker-linux-x86_64: 100% (65.0 MiB of 65.0 MiB)");
    expect(await release()).toMatchObject({ status: "published", artifacts: [{ size: SIZE, state: "ready" }] });
    expect(await check()).toEqual({ state: "passed", checked: SIZE });
  },
);
