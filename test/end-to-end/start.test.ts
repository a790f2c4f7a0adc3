import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { openLedger } from "../../scripts/development/ledger.ts";
import { runCli } from "../support/node/run-cli.ts";
import { killWorker, launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { type Run, run } from "./program-run.ts";

/** `npm start` itself: what it prints and leaves, how it stops, and how it refuses. */

const WORKER = "llm-worker-rbee-premium-cpu";
const Start = z.object({
  url: z.string(),
  admin_token: z.string(),
  license_key: z.string(),
  stripe_control_url: z.string(),
});
const Releases = z.object({ releases: z.array(z.object({ id: z.string(), version: z.string(), status: z.string() })) });

let root = "";
let port: number;
let server: Server;
let start: z.infer<typeof Start>;

const dev = (): string => join(root, "dev");
const curl = (...args: string[]): Promise<Run> => run("curl", ["--disable", "--silent", "--show-error", ...args]);
const readStart = async (): Promise<z.infer<typeof Start>> =>
  Start.parse(JSON.parse(await readFile(join(dev(), "start.json"), "utf8")));
/** The command finds the server and its token by the server's folder. */
const admin = (...args: string[]): Promise<Run> =>
  runCli(args, {
    DEV_DIR: dev(),
    XDG_CONFIG_HOME: join(root, "admin"),
    RBEE_CATALOG_URL: "",
    RBEE_ADMIN_TOKEN: "",
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-start-"));
  port = await freePort();
  server = await ready(launch(dev(), port));
  start = await readStart();
});

afterAll(async () => {
  await server?.stop();
  await rm(root, { recursive: true, force: true });
});

describe("first start", () => {
  it("prints credentials and leaves them for scripts in files that only the owner reads", async () => {
    for (const text of Object.values(start)) expect(server.output()).toContain(text);
    expect(start.url).toBe(`http://localhost:${port}`);
    for (const file of ["start.json", "dev.vars", "admin-token", "release-signing.key"]) {
      expect([file, (await stat(join(dev(), file))).mode & 0o777]).toEqual([file, 0o600]);
    }
  });

  it("serves on IPv4 and by name", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      expect((await curl("--fail", `http://${host}:${port}/health`)).code).toBe(0);
    }
  });

  it("refuses a busy port and offers another", async () => {
    const second = launch(join(root, "second"), port);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(`PORT=${port + 1} npm start`);
  });
});

describe("another start", () => {
  /** On Linux, the processes that have this server's folder in their command. */
  async function ourProcesses(): Promise<string[]> {
    if (process.platform !== "linux") return [];
    const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const commands = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
    return commands.filter((command) => command.includes(dev()));
  }

  /** The ports of the Worker and of the stand-in are free again, and no process is left. */
  async function expectNothingLeft(): Promise<void> {
    const left = async (): Promise<string[]> => {
      const answers = await Promise.all([curl(`http://localhost:${port}/health`), curl(start.stripe_control_url)]);
      return [...answers.map(({ stdout }) => stdout).filter((text) => text !== ""), ...(await ourProcesses())];
    };
    await expect.poll(left, { timeout: 60_000 }).toEqual([]);
  }

  it("follows one whose screen ends with the guide, however much its log has", async () => {
    expect(server.output().trimEnd().split("\n").at(-1)).toBe("Ctrl-C stops the server.");
    expect(server.output()).not.toMatch(/env\.|\[wrangler|WARNING|"event"/);
    const log = await readFile(join(dev(), "server.log"), "utf8");
    expect(log).toContain('"event":"request"');
    expect((await ourProcesses()).length).toBeGreaterThan(0);
  });

  it("keeps data, token and key after Ctrl-C, and adds missing samples", async () => {
    // As if an earlier version of the catalog, which had no free sample, had made the data.
    const older = "UPDATE releases SET version = '0.0.1' WHERE worker_id = 'llm-worker-rbee-cpu' AND version = '0.1.0'";
    await (await openLedger(`http://localhost:${port}`)).execute([{ sql: older }]);
    const { stdout } = await admin(
      "license",
      "issue",
      "--plan",
      "premium-trial",
      "--email",
      "ada@example.com",
      "--json",
    );
    const { id } = z.object({ license: z.object({ id: z.string() }) }).parse(JSON.parse(stdout)).license;
    expect((await admin("license", "revoke", id, "--reason", "test")).code).toBe(0);
    expect(await server.stop()).toBe(0);
    await expectNothingLeft();
    server = await ready(launch(dev(), port));
    expect(await readStart()).toEqual(start);
    const free = Releases.parse(JSON.parse((await admin("release", "list", "llm-worker-rbee-cpu", "--json")).stdout));
    expect(free.releases).toContainEqual(expect.objectContaining({ version: "0.1.0", status: "published" }));
    expect((await admin("license", "show", id)).stdout).toContain("revoked");
    const { stdout: versions } = await curl("--fail", `${start.url}/v1/workers/${WORKER}/versions`);
    expect(JSON.parse(versions)).toMatchObject({ latest: "1.0.0" });
  });

  it("after SIGKILL finishes a seed that was cut before it wrote down its license", async () => {
    expect((await admin("release", "yank", `${WORKER}@1.0.0`, "--reason", "test")).code).toBe(0);
    // A killed process cannot end its children: wrangler and the stand-in see that it is gone.
    expect(await server.stop("SIGKILL")).toBe(null);
    await expectNothingLeft();
    await rm(join(dev(), "start.json"));
    server = await ready(launch(dev(), port));
    expect(await readStart()).toEqual(start);
    const { releases } = Releases.parse(JSON.parse((await admin("release", "list", WORKER, "--json")).stdout));
    expect(releases.filter(({ version }) => version === "1.0.0")).toHaveLength(1);
  });

  it.runIf(process.platform === "linux")("fails when the Worker's server dies", async () => {
    await killWorker(server);
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain("ended by itself");
  });
});

describe("refused start", () => {
  it("names the variable and the file of a wrong configuration in one sentence", async () => {
    const folder = await mkdtemp(join(root, "refused-"));
    const variables = join(folder, "dev.vars");
    await writeFile(variables, "GRACE_DAYS=soon\n");
    const refused = launch(folder, await freePort());
    expect(await refused.exited).toBe(1);
    expect(refused.output().trim().split("\n").at(-1)).toBe(
      "The Worker refuses its configuration. GRACE_DAYS: must be a number of days. " +
        `Correct it in ${variables} or wrangler.toml.`,
    );
  });

  it("names the folder that cannot be written and another way in one sentence", async () => {
    const file = join(root, "no-folder");
    await writeFile(file, "");
    const refused = launch(file, await freePort());
    expect(await refused.exited).toBe(1);
    expect(refused.output().trim().split("\n").slice(1)).toEqual([
      `${file} cannot be written (EEXIST). Make it writable for you, ` +
        "or keep secrets and data in another folder: DEV_DIR=/path/to/folder npm start",
    ]);
  });

  it("names the Node.js that is needed in one sentence", async () => {
    const old = "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });";
    const preload = `data:text/javascript,${encodeURIComponent(old)}`;
    const { code, stdout, stderr } = await run(process.execPath, ["--import", preload, "scripts/dev.js"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^This needs Node\.js 24 or newer, and this is v\d+\.\d+\.\d+\. Run it by npm .*\n$/);
  });
});
