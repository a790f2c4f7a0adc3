import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostPlatform } from "../../src/cli/hive/machine.ts";
import { builtExample, builtPatchedHive, cargo, copyOfRustClient, hasDebianRust } from "../support/node/rust.ts";
import { type Run, run } from "./program-run.ts";
import { type RunningCatalog, startCatalog } from "./running-catalog.ts";

/** A hive that links the Rust client, and the module of `clients/rust/hive.patch`, at a catalog over a bad line. */

const WORKER = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const VERSION = "7.1.0";
const MiB = 1024 * 1024;
const binary = Buffer.concat([Buffer.from("#!/bin/sh\nexit 0\n"), randomBytes(6 * MiB)]);

const hasRust = await hasDebianRust("anyhow", "tokio");

describe.skipIf(!hasRust)("a hive in Rust (needs Debian's cargo and crates)", () => {
  let root = "";
  let crate = "";
  let catalog: RunningCatalog;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "rbee-rust-hive-"));
    crate = await copyOfRustClient();
    catalog = await startCatalog();
    const file = join(root, `${WORKER}-${hostPlatform(process.platform, process.arch)}`);
    await writeFile(file, binary);
    await catalog.publish(WORKER, VERSION, [file]);
    const free = join(root, `${FREE}-${hostPlatform(process.platform, process.arch)}`);
    await writeFile(free, "#!/bin/sh\nexit 0\n");
    await catalog.publish(FREE, VERSION, [free]);
    await succeed(cargo(crate, "build", "--examples"));
    await succeed(builtPatchedHive(crate));
  });
  beforeEach(() => {
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
  });
  afterAll(async () => {
    await catalog?.stop();
    await rm(root, { recursive: true, force: true });
  });

  async function succeed(running: Promise<Run>): Promise<Run> {
    const done = await running;
    expect(done.code, done.stdout + done.stderr).toBe(0);
    return done;
  }

  const workers = (name: string): string => join(root, name, "workers");

  /** The environment of a machine of its own, with this license. */
  const machine = (name: string, license: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
    XDG_CONFIG_HOME: join(root, name),
    RBEE_MACHINE: `machine-of-${name}`,
    WORKER_CATALOG_URL: catalog.url,
    ...license,
  });

  /** Runs the example, a whole hive in small. */
  const hive = (name: string, license: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> =>
    run(builtExample("hive"), [catalog.url, ...args], { env: machine(name, license) });
  const install = (name: string, license: NodeJS.ProcessEnv): Promise<Run> =>
    hive(name, license, "install", WORKER, workers(name));

  const stateOf = async (name: string): Promise<string> => readFile(join(root, name, "rbee/hive-catalog.json"), "utf8");

  it("activates, resolves, downloads over a line that breaks, verifies, and keeps its seat", async () => {
    const { key } = await catalog.issue("premium-monthly");
    let cuts = 1;
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") && cuts-- > 0 ? { cutAfter: 2 * MiB } : "pass");
    const installed = await succeed(install("attic", { RBEE_LICENSE_KEY: ` "${key}"\r\n` }));
    const path = join(workers("attic"), WORKER);
    expect(installed.stdout).toBe(`${WORKER} ${VERSION} is at ${path}\n`);
    expect((await readFile(path)).equals(binary)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(await readdir(workers("attic"))).toEqual([WORKER]);
    const ranges = catalog.proxy.log.filter((line) => /^GET \/dl\/\S+ bytes=\d+-$/.test(line));
    expect(ranges).toHaveLength(1);
    expect(catalog.proxy.log).toContain("POST /v1/workers/resolve");

    expect((await stat(join(root, "attic/rbee/hive-catalog.json"))).mode & 0o777).toBe(0o600);
    expect(await stateOf("attic")).not.toContain(key);
    const covered = await succeed(hive("attic", {}, "check", WORKER, VERSION));
    expect(covered.stdout).toContain(`${WORKER} ${VERSION} is covered`);
    const other = await succeed(hive("attic", {}, "check", "sd-worker-rbee-cpu", VERSION));
    expect(other.stdout).toContain("is not in the license");
    expect((await succeed(hive("attic", {}, "status"))).stdout).toBe("Valid\n");
    const versions = await succeed(hive("attic", {}, "versions", WORKER));
    expect(versions.stdout.split("\n")).toContain(`${VERSION} published`);
  });

  it("goes on with a download that an earlier run began", async () => {
    const { key } = await catalog.issue("premium-monthly");
    let cut = false;
    // The line breaks once, and then nothing answers: the run ends with its part on the disk.
    catalog.proxy.fate = (_, path) => {
      if (!path.startsWith("/dl/")) return cut ? { cutAfter: 1 } : "pass";
      cut = true;
      return { cutAfter: 3 * MiB };
    };
    const broken = await install("cellar", { RBEE_LICENSE_KEY: key });
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("cannot be reached");
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
    await succeed(install("cellar", { RBEE_LICENSE_KEY: key }));
    expect((await readFile(join(workers("cellar"), WORKER))).equals(binary)).toBe(true);
    expect(catalog.proxy.log.some((line) => /^GET \/dl\/\S+ bytes=[1-9]\d*-$/.test(line))).toBe(true);
  });

  it("installs nothing whose bytes were altered on the way", async () => {
    const { key } = await catalog.issue("premium-monthly");
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") ? "alter" : "pass");
    const altered = await install("barn", { RBEE_LICENSE_KEY: key });
    expect(altered.code).toBe(1);
    expect(altered.stderr).toMatch(/is not the published file|minisign signature/);
    expect(await readdir(workers("barn"))).toEqual([]);
  });

  it("replaces a stored token that no longer verifies by the key that it came from", async () => {
    const { key } = await catalog.issue("premium-monthly");
    await succeed(install("loft", { RBEE_LICENSE_KEY: key }));
    const file = join(root, "loft/rbee/hive-catalog.json");
    const damaged = (await stateOf("loft")).replace(/"token": "[^"]+"/, '"token": "eyJhbGciOiJFZERTQSJ9.e30.AAAA"');
    await writeFile(file, damaged);
    await rm(workers("loft"), { recursive: true });
    await succeed(install("loft", { RBEE_LICENSE_KEY: key }));
    expect(await stateOf("loft")).not.toContain("eyJhbGciOiJFZERTQSJ9.e30.AAAA");
  });

  it("is told why in words when its license ends, and which seat to free", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    await succeed(install("shed", { RBEE_LICENSE_KEY: key }));
    const full = await install("porch", { RBEE_LICENSE_KEY: key });
    expect(full.stderr).toContain("(MACHINE_LIMIT_REACHED)");
    await succeed(hive("shed", { RBEE_LICENSE_KEY: key }, "deactivate"));
    await succeed(install("porch", { RBEE_LICENSE_KEY: key }));

    expect((await catalog.admin("license", "revoke", id, "--reason", "leaked")).code).toBe(0);
    expect((await succeed(hive("porch", {}, "status"))).stdout).toBe("Invalid\n");
    await rm(workers("porch"), { recursive: true });
    const refused = await install("porch", { RBEE_LICENSE_KEY: key });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("(LICENSE_REVOKED)");
    expect(refused.stderr).not.toContain(key);
    expect(existsSync(join(workers("porch"), WORKER))).toBe(false);
  });

  it("installs a free worker without a seat, also if the license is revoked", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    const installed = await succeed(hive("roof", { RBEE_LICENSE_KEY: key }, "install", FREE, workers("roof")));
    expect(installed.stdout).toBe(`${FREE} ${VERSION} is at ${join(workers("roof"), FREE)}\n`);
    expect(catalog.proxy.log.filter((line) => line.includes("/v1/licenses"))).toEqual([]);
    expect(await stateOf("roof")).not.toContain(key);
    expect((await catalog.admin("license", "revoke", id, "--reason", "leaked")).code).toBe(0);
    await rm(workers("roof"), { recursive: true });
    await succeed(hive("roof", { RBEE_LICENSE_KEY: key }, "install", FREE, workers("roof")));
  });

  it("without a license is told that the worker needs one", async () => {
    const refused = await install("garage", { RBEE_LICENSE_KEY: "", RBEE_LICENSE_TOKEN: "" });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/license/);
    const odd = await install("garage", { RBEE_LICENSE_KEY: "hunter2" });
    expect(odd.stderr).toContain("RBEE_LICENSE_KEY holds neither a license key nor a license token.");
    expect(odd.stderr).not.toContain("hunter2");
  });

  it("with the module of hive.patch installs a premium worker without a build, and is refused after a revocation", async () => {
    const { id, key } = await catalog.issue("premium-monthly");
    const file = join(root, "license");
    await writeFile(file, `\ufeff${key}\n`);
    const patched = (): Promise<Run> =>
      run(builtExample("patched-hive"), [WORKER, workers("patched")], {
        env: machine("patched", { RBEE_LICENSE_FILE: file, RBEE_LICENSE_KEY: "", RBEE_LICENSE_TOKEN: "" }),
      });
    let cuts = 1;
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") && cuts-- > 0 ? { cutAfter: 2 * MiB } : "pass");
    const installed = await succeed(patched());
    expect(installed.stdout).toBe(`${WORKER} ${VERSION} is at ${join(workers("patched"), WORKER)}\n`);
    expect(installed.stderr).toContain("Downloaded 100 %");
    expect((await readFile(join(workers("patched"), WORKER))).equals(binary)).toBe(true);
    expect(catalog.proxy.log.some((line) => /^GET \/dl\/\S+ bytes=\d+-$/.test(line))).toBe(true);

    expect((await catalog.admin("license", "revoke", id, "--reason", "leaked")).code).toBe(0);
    await rm(workers("patched"), { recursive: true });
    const refused = await patched();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("(LICENSE_REVOKED)");
  });

  it("decodes /workers by upstream's own types", async () => {
    const answer = join(root, "workers.json");
    await writeFile(answer, await (await fetch(`${catalog.url}/workers`)).text());
    const decoded = cargo(crate, { RBEE_WORKERS: answer }, "test", "--test", "upstream_contract", "--", "--ignored");
    expect((await succeed(decoded)).stdout).toContain("2 passed");
  });
});
