import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { runCli } from "../support/node/run-cli.ts";
import type { FlakyProxy } from "./flaky-proxy.ts";
import { PROJECT, type Run, rbeeCatalog, run } from "./program-run.ts";
import { type RunningCatalog, startCatalog } from "./running-catalog.ts";

/** The main job by the commands that people type: from an empty folder to a refused hive. */

const WORKER = "llm-worker-rbee-premium-cpu";
const MiB = 1024 * 1024;

const Issued = z.object({ license: z.object({ id: z.string() }), key: z.string() });
const Versions = z.object({ latest: z.string().nullable(), versions: z.array(z.object({ version: z.string() })) });
const Link = z.object({ download_url: z.string(), sha256: z.string(), size: z.number() });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let root = "";
let url = "";
let catalog: RunningCatalog;
let proxy: FlakyProxy;
/** The seeded release's file made larger, so that an upload has three parts. */
let binary = "";
let issued: z.infer<typeof Issued>;

const curl = (...args: string[]): Promise<Run> => run("curl", ["--disable", "--silent", "--show-error", ...args]);
const fetched = async <Schema extends z.ZodType>(schema: Schema, ...args: string[]): Promise<z.output<Schema>> =>
  schema.parse(JSON.parse((await curl(...args)).stdout));
/** The environment of a hive with a home of its own. */
const hive = (name: string): NodeJS.ProcessEnv => ({
  DEV_DIR: join(root, "nowhere"),
  XDG_CONFIG_HOME: join(root, name),
  RBEE_MACHINE: `machine-of-${name}`,
  RBEE_CATALOG_URL: url,
  RBEE_ADMIN_TOKEN: "",
  RBEE_LICENSE_KEY: issued.key,
});
const admin = (...args: string[]): Promise<Run> =>
  runCli(args, {
    DEV_DIR: catalog.folder,
    XDG_CONFIG_HOME: join(root, "admin"),
    RBEE_CATALOG_URL: "",
    RBEE_ADMIN_TOKEN: "",
  });

const publish = (version = "1.1.0", key = join(catalog.folder, "release-signing.key")): string[] =>
  ["release", "publish", binary, "--worker", WORKER].concat("--version", version, "--sign-key", key);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-main-job-"));
  catalog = await startCatalog();
  ({ url, proxy } = catalog);
  binary = join(root, `${WORKER}-linux-x86_64`);
  const sample = await readFile(join(catalog.folder, `${WORKER}-linux-x86_64`));
  await writeFile(binary, Buffer.concat([sample, randomBytes(17 * MiB)]), { mode: 0o755 });
});

afterAll(async () => {
  await catalog?.stop();
  await rm(root, { recursive: true, force: true });
});

describe("hive without a license", () => {
  it("lists the workers and fetches a free PKGBUILD", async () => {
    const { stdout } = await curl(`${url}/workers`);
    expect(JSON.parse(stdout)).toMatchObject({
      workers: expect.arrayContaining([expect.objectContaining({ id: WORKER })]),
    });
    expect((await curl(`${url}/workers/cpu/PKGBUILD`)).stdout).toContain("pkgname=llm-worker-rbee-cpu");
  });

  it("is sent to activate for a premium binary", async () => {
    const { code, stderr } = await rbeeCatalog(["install", WORKER], {
      ...{ DEV_DIR: join(root, "nowhere"), XDG_CONFIG_HOME: join(root, "stranger"), RBEE_CATALOG_URL: url },
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining("rbee-catalog activate")]);
  });
});

describe("publisher", () => {
  it("resumes a killed upload, and its version is not offered before", async () => {
    proxy.fate = (method, path) => (method === "PUT" && path.endsWith("/parts/2") ? "hang" : "pass");
    const stored = (): number => proxy.answered.filter((line) => /^PUT .*\/parts\/[13]$/.test(line)).length;
    const upload = spawn(process.execPath, ["src/cli/main.ts", ...publish()], {
      cwd: PROJECT,
      stdio: "ignore",
      env: { ...process.env, RBEE_CATALOG_URL: url, RBEE_ADMIN_TOKEN: catalog.adminToken },
    });
    while (stored() < 2) await sleep(50);
    upload.kill("SIGKILL");
    await once(upload, "close");
    const versions = await fetched(Versions, `${url}/v1/workers/${WORKER}/versions`);
    expect(versions.versions.map(({ version }) => version)).toEqual(["1.0.0"]);

    proxy.fate = () => "pass";
    proxy.log.length = 0;
    const again = await rbeeCatalog(publish(), { RBEE_CATALOG_URL: url, RBEE_ADMIN_TOKEN: catalog.adminToken });
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/^Behind 1\.1\.0: pacman repository .*\n$/)]);
    expect(again.stdout).toContain("published");
    expect(proxy.log.filter((line) => line.startsWith("PUT")).map((line) => line.split("/").at(-1))).toEqual(["2"]);
    expect((await fetched(Versions, `${url}/v1/workers/${WORKER}/versions`)).latest).toBe("1.1.0");
  });

  it("may repeat a command, but never replaces a published file", async () => {
    expect((await admin(...publish())).code).toBe(0);
    const other = join(root, `other-linux-x86_64`);
    await writeFile(other, "another program");
    const refused = await admin("release", "publish", other, "--worker", WORKER, "--version", "1.1.0");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Publish a new version")]);
    const followed = await admin(...publish(), "--channel", "beta");
    expect([followed.code, followed.stderr]).toEqual([1, expect.stringContaining("with channel stable.")]);
    const pgpSignature = join(root, "late.sig");
    await writeFile(pgpSignature, Buffer.from("iHUEABYKAB0WIQQ4hDPCsRqxAFFX", "base64"));
    const late = await admin(...publish(), "--pgp-sig", pgpSignature);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("without its OpenPGP signature.")]);
    const free = ["release", "publish", other, "--worker", "llm-worker-rbee-cpu", "--version", "0.9.0"];
    expect((await admin(...free)).code).toBe(0);
    const tagged = await admin(...free, "--source-tag", "v0.9.0");
    expect([tagged.code, tagged.stderr]).toEqual([1, expect.stringContaining("with no source tag.")]);
  });

  it("pins the source of a free worker to a signed commit, also after publication", async () => {
    const other = join(root, `other-linux-x86_64`);
    const signed = ["--sign-key", join(catalog.folder, "release-signing.key")];
    const commit = "0123456789".repeat(4);
    const source = ["--source-commit", commit];
    const free = (version: string, ...more: string[]) =>
      admin("release", "publish", other, "--worker", "llm-worker-rbee-cpu", "--version", version, ...signed, ...more);
    const pinned = await free("0.9.1", "--source-tag", "v0.9.1", ...source);
    expect(pinned.code, pinned.stderr).toBe(0);
    expect(pinned.stderr).toContain(`tag v0.9.1, commit ${commit}`);
    const { stdout: recipe } = await curl(`${url}/workers/cpu/PKGBUILD`);
    expect(recipe).toContain("#tag=refs/tags/v0.9.1");
    expect(recipe).toContain(`commit='${commit}'`);
    expect((await free("0.9.1", "--source-tag", "v0.9.1", ...source)).code).toBe(0);
    const moved = await free("0.9.1", "--source-tag", "v0.9.1", "--source-commit", "a".repeat(40));
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining(`is published with commit ${commit}`)]);

    expect((await free("0.9.2")).code).toBe(0);
    expect((await free("0.9.2", "--source-tag", "v0.9.2", ...source)).code).toBe(0);
    const shown = await admin("release", "show", "llm-worker-rbee-cpu@0.9.2");
    expect(shown.stdout).toContain(`${commit} (signed)`);

    const wrong = await free("0.9.3", "--source-tag", "HEAD", ...source);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("This is not a tag of version 0.9.3.")]);
    const unsigned = await admin("release", "publish", other, "--worker", "cpu", "--version", "0.9.3", ...source);
    expect([unsigned.code, unsigned.stderr]).toEqual([
      2,
      expect.stringContaining("--source-commit needs --source-tag"),
    ]);
  });

  it("cannot publish with a signature of a key that the catalog does not trust", async () => {
    const strange = join(root, "strange.key");
    expect((await admin("keys", "new", "--release", "--out", strange, "--keys-dir", root)).code).toBe(0);
    const { code, stderr } = await admin(...publish("1.1.1", strange));
    expect([code, stderr]).toEqual([2, expect.stringContaining("not trusted")]);
    // A draft remains. Its version is free again after its deletion.
    expect((await admin("release", "delete", `${WORKER}@1.1.1`, "--yes")).stdout).toMatch(/^Deleted rel_/);
    const drafted = await admin("release", "show", `${WORKER}@1.1.1`);
    expect([drafted.code, drafted.stderr]).toEqual([4, expect.stringContaining("There is no")]);
    const offered = await admin("release", "delete", `${WORKER}@1.1.0`, "--yes");
    expect([offered.code, offered.stderr]).toEqual([1, expect.stringContaining("Only drafts are deleted")]);
    const { latest } = await fetched(Versions, `${url}/v1/workers/${WORKER}/versions`);
    expect(latest).toBe("1.1.0");
  });
});

describe("licensed hive", () => {
  it("activates the license that an admin issues, and a second machine is refused", async () => {
    const terms = ["--plan", "premium-trial", "--email", "ada@example.com"];
    const { stdout } = await admin("license", "issue", ...terms, "--json");
    issued = Issued.parse(JSON.parse(stdout));
    const { code, stdout: shown } = await rbeeCatalog(["activate", "--name", "attic"], hive("attic"));
    expect([code, shown]).toEqual([0, expect.stringContaining("attic")]);
    const second = await rbeeCatalog(["activate"], hive("cellar"));
    expect([second.code, second.stderr]).toEqual([5, expect.stringContaining("MACHINE_LIMIT_REACHED")]);
  });

  it("installs the latest version over a line that breaks, and runs it", async () => {
    proxy.log.length = 0;
    let breaks = 0;
    proxy.fate = (_method, path) => (path.startsWith("/dl/") && breaks++ < 2 ? { cutAfter: 5 * MiB } : "pass");
    const folder = join(root, "workers");
    const { code, stdout, stderr } = await rbeeCatalog(["install", WORKER, "--dir", folder], hive("attic"));
    proxy.fate = () => "pass";
    expect([code, stderr]).toEqual([0, expect.stringContaining(`It starts here: ${WORKER} `)]);
    expect(stdout).toContain("1.1.0");
    const ranges = proxy.log.filter((line) => line.startsWith("GET /dl/")).map((line) => line.split(" ")[2]);
    expect(ranges.slice(0, 3)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d{6,}-$/),
      expect.stringMatching(/^bytes=\d{7,}-$/),
    ]);
    expect(sha256(await readFile(join(folder, WORKER)))).toBe(sha256(await readFile(binary)));
    expect((await stat(join(folder, WORKER))).mode & 0o777).toBe(0o755);
    if (process.platform === "linux" && process.arch === "x64") {
      expect((await run(join(folder, WORKER), ["--version"])).stdout).toBe(`${WORKER} 1.0.0 (sample)\n`);
    }
  });

  it("keeps a working worker when the new file fails its check", async () => {
    const folder = join(root, "workers");
    const before = await readFile(join(folder, WORKER));
    const sample = await readFile(join(catalog.folder, `${WORKER}-linux-x86_64`));
    await writeFile(join(folder, `${WORKER}-${sha256(sample)}.999999999.x.part`), randomBytes(sample.length));
    const install = ["install", WORKER, "--dir", folder, "--version", "1.0.0"];
    const { code, stderr } = await rbeeCatalog(install, hive("attic"));
    expect([code, stderr]).toEqual([6, expect.stringContaining("sha256")]);
    expect(sha256(await readFile(join(folder, WORKER)))).toBe(sha256(before));
    const strange = await rbeeCatalog([...install, "--release-key", join(root, "release-signing.pub")], hive("attic"));
    expect([strange.code, strange.stderr]).toEqual([6, expect.stringContaining("not trusted")]);
    expect(sha256(await readFile(join(folder, WORKER)))).toBe(sha256(before));
    expect((await rbeeCatalog(install, hive("attic"))).code).toBe(0);
    expect((await rbeeCatalog(install, hive("attic"))).code).toBe(0);
  });

  it("downloads with curl and its key, and resumes", async () => {
    const credential = ["--header", `Rbee-Machine: ${hive("attic")["RBEE_MACHINE"]}`, "--oauth2-bearer", issued.key];
    const link = await fetched(Link, ...credential, `${url}/v1/workers/${WORKER}/1.1.0/download?platform=linux-x86_64`);
    const part = join(root, "by-curl");
    await curl("--range", "0-999999", "--output", part, link.download_url);
    await curl("--continue-at", "-", "--output", part, link.download_url);
    expect(sha256(await readFile(part))).toBe(link.sha256);
  });

  it("is refused after the revocation, also with a link from before", async () => {
    const credential = ["--header", `Rbee-Machine: ${hive("attic")["RBEE_MACHINE"]}`, "--oauth2-bearer", issued.key];
    const link = await fetched(Link, ...credential, `${url}/v1/workers/${WORKER}/1.1.0/download?platform=linux-x86_64`);
    const revoked = await admin("license", "revoke", issued.license.id, "--reason", "test");
    expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringContaining("revoked")]);
    const activate = await rbeeCatalog(["activate"], hive("attic"));
    expect([activate.code, activate.stderr]).toEqual([5, expect.stringContaining("LICENSE_REVOKED")]);
    const deadline = Date.now() + 70_000;
    let status = "";
    while (status !== "403" && Date.now() < deadline) {
      status = (await curl("--output", "/dev/null", "--write-out", "%{http_code}", "--range", "0-0", link.download_url))
        .stdout;
      await sleep(500);
    }
    expect(status).toBe("403");
    const install = await rbeeCatalog(["install", WORKER, "--dir", join(root, "later")], hive("attic"));
    expect([install.code, install.stderr]).toEqual([5, expect.stringContaining("LICENSE_REVOKED")]);
    const { stdout: trail } = await admin("audit", "--subject", issued.license.id);
    expect(trail).toContain("license.revoke");
  });
});
