import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dearmor } from "../../src/lib/openpgp/armor.ts";
import { type FlakyProxy, startFlakyProxy } from "../end-to-end/flaky-proxy.ts";
import { type Catalog, catalogIn, type IssuedLicense } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { type AptMachine, newAptMachine } from "../support/node/apt.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, workDirectory } from "../support/node/ordinary-user.ts";
import { newPackager } from "../support/node/pacman.ts";

/** The repositories of a running catalog, as the real apt and dpkg use them. */
const tools = installed("apt-get", "apt-cache", "dpkg", "fakeroot", "gpg", "gpgv");

const FREE = "sd-worker-rbee-cuda";
const PREMIUM = "llm-worker-rbee-premium-cuda";
const BOX = "debian-box";

/** The longest time until a change has settled. */
const POLL = { timeout: 90_000, interval: 5_000 };

/** The preferences that pin packages to versions, also to older ones (apt_preferences(5)). */
const pinned = (versions: Record<string, string>): string =>
  Object.entries(versions)
    .map(([name, version]) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join("\n");

const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;

describe.skipIf(!tools)("apt", () => {
  let catalog: Catalog;
  let proxy: FlakyProxy;
  let license: IssuedLicense;

  /** Publishes a program for x86-64 that prints its version. It is so long that its delivery is decided on again. */
  async function release(worker: string, version: string): Promise<void> {
    const folder = workDirectory();
    const file = join(folder, `${worker}-linux-x86_64`);
    const noise = randomBytes(900_000).toString("base64");
    writeFileSync(file, `#!/bin/sh\necho ${worker} ${version}\nexit\n# ${noise}\n`);
    await catalog.publish(worker, version, [file]);
  }

  /** A machine with both repositories. With an empty key it has no credential. */
  async function machine(key: string = license.key, { box = BOX, suite = "stable" } = {}): Promise<AptMachine> {
    const made = await newAptMachine(proxy.url);
    // Other suites publish versions of their own.
    await made.write("/etc/apt/preferences.d/rbee", pinned({ [FREE]: "0.31.*", [PREMIUM]: "1.31.*" }));
    await made.add("rbee", suite);
    await made.add("rbee-premium", suite);
    if (key === "") return made;
    const line = `machine ${proxy.url}/apt/rbee-premium login ${box} password ${key}\n`;
    await made.write("/etc/apt/auth.conf.d/rbee.conf", line);
    return made;
  }

  beforeAll(async () => {
    const shared = await sharedCatalog();
    proxy = await startFlakyProxy(Number(new URL(shared.url).port));
    catalog = await catalogIn(shared.folder, proxy.url);
    license = await catalog.issue("premium-lifetime");
    await release(FREE, "0.31.0");
    await release(PREMIUM, "1.31.0");
  });

  afterAll(() => proxy?.close());

  beforeEach(() => {
    proxy.fate = () => "pass";
    proxy.log.length = 0;
  });

  it("refreshes, searches, installs and upgrades, and gets only what has changed", async () => {
    const box = await machine();
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    expect((await box.cache("search", "^llm-worker-rbee-premium")).stdout).toContain(`${PREMIUM} - `);
    expect(outcome(await box.apt("install", FREE, PREMIUM))).toMatch(/^0\n/);
    expect([await box.run(FREE), await box.run(PREMIUM)]).toEqual([`${FREE} 0.31.0\n`, `${PREMIUM} 1.31.0\n`]);
    // The date of a change is settled after a minute; until then apt may get the same description again.
    await expect.poll(async () => (await box.apt("update")).stdout, POLL).toMatch(/^Hit:\d \S+\/apt\/rbee stable/m);

    await release(FREE, "0.31.1");
    await release(PREMIUM, "1.31.1");
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    expect(outcome(await box.apt("upgrade"))).toMatch(/^0\n/);
    expect([await box.run(FREE), await box.run(PREMIUM)]).toEqual([`${FREE} 0.31.1\n`, `${PREMIUM} 1.31.1\n`]);
  });

  it("installs an older version by its number, and stays where a pin says", async () => {
    const box = await machine();
    await box.apt("update");
    expect(outcome(await box.apt("install", `${FREE}=0.31.0-1`, `${PREMIUM}=1.31.0-1`))).toMatch(/^0\n/);
    expect([await box.run(FREE), await box.run(PREMIUM)]).toEqual([`${FREE} 0.31.0\n`, `${PREMIUM} 1.31.0\n`]);
    await box.write("/etc/apt/preferences.d/rbee", pinned({ [FREE]: "0.31.0-1", [PREMIUM]: "1.31.0-1" }));
    expect(outcome(await box.apt("upgrade"))).toMatch(/^0\n[\s\S]*0 upgraded, 0 newly installed/);
  });

  it("follows the candidates of a suite, each of which is older than its release", async () => {
    await release(PREMIUM, "1.31.2-rc.1");
    await release(FREE, "0.31.2-rc.1");
    const box = await machine(license.key, { suite: "rc" });
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    expect(outcome(await box.apt("install", FREE, PREMIUM))).toMatch(/^0\n/);
    expect([await box.run(FREE), await box.run(PREMIUM)]).toEqual([
      `${FREE} 0.31.2-rc.1\n`,
      `${PREMIUM} 1.31.2-rc.1\n`,
    ]);
    const stable = await machine();
    await stable.apt("update");
    expect((await stable.cache("madison", FREE, PREMIUM)).stdout).not.toContain("rc.1");
  });

  it("goes on in the middle of a package that broke off", async () => {
    const box = await machine();
    await box.apt("update");
    for (const worker of [FREE, PREMIUM]) {
      proxy.fate = (_, path) => (path.endsWith(".deb") ? { cutAfter: 20_000 } : "pass");
      expect((await box.apt("install", worker)).code).not.toBe(0);
      expect(box.downloaded()).toContainEqual(expect.stringMatching(`^partial/${worker}_`));
      proxy.fate = () => "pass";
      proxy.log.length = 0;
      expect(outcome(await box.apt("install", worker))).toMatch(/^0\n/);
      expect(proxy.log).toEqual([expect.stringMatching(/^GET \S+\.deb bytes=20000-$/)]);
      expect(await box.run(worker)).toMatch(new RegExp(`^${worker} \\d`));
    }
  });

  it("is refused without a license, with no genuine key, and on a machine too many, and says why", async () => {
    const trial = await catalog.issue("premium-trial");
    expect(outcome(await (await machine(trial.key, { box: "first" })).apt("update"))).toMatch(/^0\n/);
    for (const [key, box, reason] of [
      ["", BOX, "401 {2}Credential required: Put your license key into /etc/apt/auth\\.conf\\.d"],
      ["rbee_lic_0", BOX, "401 {2}Invalid license key: "],
      [trial.key, "second", "409 {2}Machine limit reached: All 1 machines"],
    ] as const) {
      const made = await machine(key, { box });
      const update = await made.apt("update");
      expect(update.code).toBe(100);
      expect(outcome(update)).toMatch(new RegExp(`^Err:\\d \\S+/rbee-premium stable InRelease\\n {2}${reason}`, "m"));
      // The other repositories are not affected.
      expect(outcome(await made.apt("install", FREE))).toMatch(/^0\n/);
    }
  });

  it("is refused from the moment that the license is revoked, and upgrades everything else when told to", async () => {
    const own = await catalog.issue("premium-lifetime");
    const box = await machine(own.key);
    await box.apt("update");
    expect(outcome(await box.apt("install", `${FREE}=0.31.0-1`, `${PREMIUM}=1.31.0-1`))).toMatch(/^0\n/);
    expect(await catalog.admin("license", "revoke", own.id, "--reason", "test")).toMatchObject({ code: 0 });
    const update = outcome(await box.apt("update"));
    expect(update).toMatch(
      /^100\n[\s\S]*rbee-premium stable InRelease\n {2}403 {2}License revoked: This license has been/,
    );
    expect(update).toMatch(/^(Get|Hit):\d \S+\/apt\/rbee stable InRelease/m);
    // apt keeps its old list, in which an upgrade waits that it cannot download.
    const upgrade = outcome(await box.apt("upgrade"));
    expect(upgrade).toMatch(
      /^100\n[\s\S]*403 {2}License revoked: [\s\S]*everything else: apt-get upgrade --fix-missing/,
    );
    expect(await box.run(FREE)).toBe(`${FREE} 0.31.0\n`);
    await box.apt("upgrade", "--fix-missing");
    expect([await box.run(FREE), await box.run(PREMIUM)]).toEqual([`${FREE} 0.31.1\n`, `${PREMIUM} 1.31.0\n`]);
    expect(box.downloaded().filter((name) => name.startsWith(PREMIUM) && !name.includes("1.31.0"))).toEqual([]);
  });

  it("is offered no version that the license does not cover, and refused one by its address", async () => {
    await release(PREMIUM, "2.31.0");
    const box = await machine();
    await box.apt("update");
    expect((await box.cache("madison", PREMIUM)).stdout).not.toContain("2.31.0");
    expect(outcome(await box.apt("install", `${PREMIUM}=2.31.0-1`))).toMatch(/Version '2\.31\.0-1' .* was not found/);
    const address = `${proxy.url}/apt/rbee-premium/pool/${PREMIUM}/${PREMIUM}_2.31.0-1_amd64.deb`;
    const headers = { Authorization: `Basic ${btoa(`${BOX}:${license.key}`)}` };
    expect((await fetch(address, { headers })).statusText).toMatch(/^Version not covered by the license: /);
  });

  it("refuses packages, lists and descriptions that were altered on the way", async () => {
    const box = await machine();
    await box.apt("update");
    proxy.fate = (_, path) => (path.endsWith(".deb") ? "alter" : "pass");
    for (const worker of [FREE, PREMIUM]) {
      expect(outcome(await box.apt("install", worker))).toMatch(/^100\n[\s\S]*Hash Sum mismatch/);
    }
    const updated = async () => outcome(await (await machine()).apt("update"));
    proxy.fate = (_, path) => (path.includes("/by-hash/") ? "alter" : "pass");
    const lists = await updated();
    expect(lists).toMatch(/^100\n/);
    for (const name of ["rbee", "rbee-premium"])
      expect(lists).toMatch(new RegExp(`Failed to fetch \\S+/apt/${name}/\\S+ {2}Hash Sum mismatch`));
    const rewrite = (text: string) => text.replace("Label: rbee", "Label: bees");
    proxy.fate = (_, path) => (path.endsWith("InRelease") ? { rewrite } : "pass");
    const described = await updated();
    expect(described).toMatch(/^100\n/);
    for (const name of ["rbee", "rbee-premium"])
      expect(described).toMatch(new RegExp(`GPG error: \\S+/apt/${name} stable InRelease: .*BADSIG`));
  });

  it("refuses a repository that is signed by a key which the machine does not have", async () => {
    const box = await machine();
    const { publicKey } = await newPackager("stranger");
    const key = dearmor("PUBLIC KEY BLOCK", publicKey);
    writeFileSync(join(box.root, "etc/apt/keyrings/rbee.gpg"), key.ok ? key.value : "");
    expect(outcome(await box.apt("update"))).toMatch(/^100\n[\s\S]*NO_PUBKEY/);
  });

  it("keeps what it has seen when it is offered an older description", async () => {
    const box = await machine();
    const old = await (await fetch(`${proxy.url}/apt/rbee/dists/stable/InRelease`)).text();
    await release(FREE, "0.31.3");
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    proxy.fate = (_, path) => (path === "/apt/rbee/dists/stable/InRelease" ? { rewrite: () => old } : "pass");
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    expect((await box.cache("madison", FREE)).stdout).toContain("0.31.3-1");
  });

  it.skipIf(!installed("faketime"))("refuses descriptions that are over a week old", async () => {
    const box = await machine();
    expect(outcome(await box.apt("update"))).toMatch(/^0\n/);
    // A mirror that keeps serving today's files meets a clock of next week.
    const late = outcome(await box.aptAt("+8d", "update"));
    expect(late).toMatch(/^100\n/);
    for (const name of ["rbee", "rbee-premium"])
      expect(late).toMatch(new RegExp(`Release file for \\S+/apt/${name}/dists/stable/InRelease is expired`));
  });
});
