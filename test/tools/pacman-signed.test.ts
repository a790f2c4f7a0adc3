import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FlakyProxy, startFlakyProxy } from "../end-to-end/flaky-proxy.ts";
import { type Catalog, catalogIn, type IssuedLicense } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { type ArchMachine, newArchMachine, newPackager, type Packager } from "../support/node/pacman.ts";

/** The signed repositories of a running catalog, as the real pacman uses them, with packages around binaries. */
const tools = installed("pacman", "pacman-key", "fakeroot", "gpg", "curl", "awk");

const FREE = "sd-worker-rbee-rocm";
const PREMIUM = "llm-worker-rbee-premium-metal";
const BOX = "arch-box";

/** The packages that the workers need, which an empty root lacks. */
const LIBRARIES = ["glibc", "gcc-libs", "openssl", "hip-runtime-amd", "rocblas", "rocsolver", "rocfft", "rocsparse"];
const NEEDS = [...LIBRARIES, "rocrand", "miopen-hip"].flatMap((name) => ["--assume-installed", name]);

/** The longest time until a change has settled, so that a database and its signature are of the same records. */
const POLL = { timeout: 90_000, interval: 3_000 };

describe.skipIf(!tools)("pacman with a signed repository", () => {
  let catalog: Catalog;
  let proxy: FlakyProxy;
  let license: IssuedLicense;
  let key: Pick<Packager, "publicKey" | "fingerprint">;

  /** Publishes a program for x86-64 that prints its version. It is long enough to break off in the middle. */
  async function release(worker: string, version: string): Promise<void> {
    const file = join(workDirectory(), `${worker}-linux-x86_64`);
    const noise = randomBytes(40_000).toString("base64");
    writeFileSync(file, `#!/bin/sh\necho ${worker} ${version}\nexit\n# ${noise}\n`);
    await catalog.publish(worker, version, [file]);
  }

  /** A machine with both repositories that trusts the catalog's key; `user` precedes the host of the premium one. */
  function machine(user = `${BOX}:${license.key}@`, trusted = [key]): Promise<ArchMachine> {
    const server = `${proxy.url}/arch/signed/$repo/os/$arch`;
    const repositories = { rbee: server, "rbee-premium": server.replace("://", `://${user}`) };
    return newArchMachine(trusted, repositories, "Required");
  }

  const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;
  const output = async ({ root, home }: ArchMachine, worker: string) =>
    (await runAsUser(home, [join(root, "usr/bin", worker)])).stdout;
  const refreshed = async (arch: ArchMachine, ...more: string[]) =>
    expect.poll(async () => outcome(await arch.pacman("-Sy", ...more)), POLL).toMatch(/^0\n/);

  beforeAll(async () => {
    const shared = await sharedCatalog();
    proxy = await startFlakyProxy(Number(new URL(shared.url).port));
    catalog = await catalogIn(shared.folder, proxy.url);
    license = await catalog.issue("premium-lifetime");
    const file = join(workDirectory(), "rbee.asc");
    const verified = await catalog.admin("keys", "verify", "--out", file, "--json");
    expect(verified).toMatchObject({ code: 0 });
    const [first] = JSON.parse(verified.stdout).keys;
    key = { publicKey: readFileSync(file, "utf8"), fingerprint: first.fingerprint };
    await release(FREE, "0.41.0");
    await release(PREMIUM, "1.41.0");
  });

  afterAll(() => proxy?.close());

  beforeEach(() => {
    proxy.fate = () => "pass";
    proxy.log.length = 0;
  });

  it("refreshes, searches, lists files, installs and upgrades, with every signature required", async () => {
    const arch = await machine();
    await refreshed(arch);
    const found = (await arch.pacman("-Ss", "worker")).stdout;
    expect(found).toMatch(new RegExp(`^rbee/${FREE} 0\\.41\\.0-1$`, "m"));
    expect(found).toMatch(new RegExp(`^rbee-premium/${PREMIUM} 1\\.41\\.0-1$`, "m"));
    await expect.poll(async () => outcome(await arch.pacman("-Fy")), POLL).toMatch(/^0\n/);
    expect((await arch.pacman("-Fl", PREMIUM)).stdout).toContain(`${PREMIUM} usr/bin/${PREMIUM}\n`);
    expect(outcome(await arch.pacman("-S", FREE, PREMIUM, ...NEEDS))).toMatch(/^0\n/);
    expect([await output(arch, FREE), await output(arch, PREMIUM)]).toEqual([
      `${FREE} 0.41.0\n`,
      `${PREMIUM} 1.41.0\n`,
    ]);
    expect((await arch.pacman("-Qi", PREMIUM)).stdout).toMatch(/Validated By *: Signature/);
    expect(outcome(await arch.pacman("-Qk"))).toMatch(/^0\n/);

    await release(FREE, "0.41.1");
    await release(PREMIUM, "1.41.1");
    await refreshed(arch);
    expect(outcome(await arch.pacman("-Su", ...NEEDS))).toMatch(/^0\n/);
    expect([await output(arch, FREE), await output(arch, PREMIUM)]).toEqual([
      `${FREE} 0.41.1\n`,
      `${PREMIUM} 1.41.1\n`,
    ]);
  });

  it("trusts the catalog's key by the commands that its page shows", async () => {
    const arch = await machine(undefined, []);
    const lines = (await (await fetch(`${catalog.url}/w/${FREE}`)).text())
      .replaceAll("&#39;", "'")
      .replaceAll("&quot;", '"')
      .match(/curl -fsSO \S+\/keys\/packages\.asc\n(?:sudo pacman-key .*\n)+/)?.[0];
    const commands = (lines ?? "").replaceAll("sudo pacman-key", `pacman-key --gpgdir ${arch.home}/keyring`);
    expect(commands).toContain("--lsign-key");
    const run = (script: string) => runAsUser(arch.home, ["fakeroot", "sh", "-ec", script]);
    expect(outcome(await run(`pacman-key --gpgdir ${arch.home}/keyring --init\n${commands}`))).toMatch(/^0\n/);
    await refreshed(arch);
    expect(outcome(await arch.pacman("-S", FREE, ...NEEDS))).toMatch(/^0\n/);
  });

  it("goes on in the middle of a package that broke off", async () => {
    for (const worker of [FREE, PREMIUM]) {
      const arch = await machine();
      await refreshed(arch);
      proxy.fate = (_, path) => (path.endsWith(".pkg.tar") ? { cutAfter: 20_000 } : "pass");
      expect((await arch.pacman("-S", worker, ...NEEDS)).code).not.toBe(0);
      expect(readdirSync(arch.cache)).toContainEqual(expect.stringMatching(/\.part$/));
      proxy.fate = () => "pass";
      expect(outcome(await arch.pacman("-S", worker, ...NEEDS))).toMatch(/^0\n/);
      expect(proxy.log).toContainEqual(expect.stringMatching(/^GET \/arch\/signed\/\S+\.pkg\.tar bytes=20000-$/));
      expect(await output(arch, worker)).toMatch(new RegExp(`^${worker} `));
    }
  });

  it("refuses an altered package, an altered database, and a database with another's signature", async () => {
    for (const [worker, repository] of [
      [FREE, "rbee"],
      [PREMIUM, "rbee-premium"],
    ] as const) {
      const arch = await machine();
      await refreshed(arch);
      proxy.fate = (_, path) => (path.endsWith(".pkg.tar") ? "alter" : "pass");
      expect(outcome(await arch.pacman("-S", worker, ...NEEDS))).toMatch(/^1\n[\s\S]*invalid or corrupted package/);
      for (const name of [`${repository}.db`, `${repository}.db.sig`]) {
        proxy.fate = (_, path) => (path.endsWith(name) ? "alter" : "pass");
        expect(outcome(await arch.pacman("-Syy"))).toMatch(
          /^1\n[\s\S]*invalid or corrupted database \(PGP signature\)/,
        );
      }
      proxy.fate = () => "pass";
      await refreshed(arch, "-y");
    }
  });

  it("refuses everything on a machine that does not trust the catalog's key", async () => {
    const arch = await machine(undefined, [await newPackager("stranger")]);
    expect(outcome(await arch.pacman("-Sy"))).toMatch(/^1\n[\s\S]*key "\w{40}" is unknown/);
    expect((await arch.pacman("-S", FREE, ...NEEDS)).code).toBe(1);
  });

  it("is refused without a license, on a machine too many, and from the moment that the license is revoked", async () => {
    expect(outcome(await (await machine("")).pacman("-Sy"))).toMatch(/rbee-premium\.db.*401/);
    const trial = await catalog.issue("premium-trial");
    const first = await machine(`first:${trial.key}@`);
    await refreshed(first);
    expect(outcome(await (await machine(`second:${trial.key}@`)).pacman("-Sy"))).toMatch(/rbee-premium\.db.*409/);
    const revoked = await catalog.admin("license", "revoke", trial.id, "--reason", "test");
    expect(revoked).toMatchObject({ code: 0 });
    expect(outcome(await first.pacman("-S", PREMIUM, ...NEEDS))).toMatch(/403/);
    expect(outcome(await first.pacman("-Syy"))).toMatch(/rbee-premium\.db.*403/);
    // The database that it has stays, and with it everything from other repositories.
    expect(outcome(await first.pacman("-S", FREE, ...NEEDS))).toMatch(/^0\n/);
  });

  it("is offered no version that the license does not cover, and refused it by name", async () => {
    await release(PREMIUM, "2.41.0");
    const arch = await machine();
    await refreshed(arch);
    expect((await arch.pacman("-Si", PREMIUM)).stdout).toMatch(/Version *: 1\.41\.\d-1/);
    const name = `${PREMIUM}-2.41.0-1-x86_64.pkg.tar`;
    const server = proxy.url.replace("://", `://${BOX}:${license.key}@`);
    expect(outcome(await arch.pacman("-U", `${server}/arch/signed/rbee-premium/os/x86_64/${name}`))).toMatch(/403/);
  });
});
