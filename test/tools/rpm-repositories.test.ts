import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sampleWorker } from "../../scripts/development/sample-worker.ts";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { dnf, type RpmMachine, zypper } from "../support/node/rpm-machines.ts";
import { userNamespaces } from "../support/node/user-namespace.ts";

/** The RPM repositories of a running catalog, as the real dnf and zypper use them. */
const hasNamespaces = userNamespaces();
const TOOLS = [dnf, zypper].filter(({ name }) => installed(name, "rpm") && hasNamespaces);

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

/** The versions of the sample releases, and newer ones of this suite. A license covers versions below 2. */
const OLD = { [FREE]: "0.1.0", [PREMIUM]: "1.0.0" };
const NEW = { [FREE]: "0.2.0", [PREMIUM]: "1.1.0" };
const UNCOVERED = "2.0.0";

const WORKERS = [FREE, PREMIUM] as const;

describe.skipIf(TOOLS.length === 0)("an RPM repository", () => {
  let catalog: RunningCatalog;
  let isNewThere = false;

  /** Publishes a program of some 200 KB, so that a download can break in its middle. */
  async function release(worker: string, version: string): Promise<void> {
    const program = join(workDirectory(), `${worker}-linux-x86_64`);
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    writeFileSync(program, Buffer.concat([await sampleWorker({ id: worker, version }), noise, noise, noise]));
    await catalog.publish(worker, version, [program], "--platform", "linux-x86_64");
  }

  async function releaseNew(): Promise<void> {
    if (isNewThere) return;
    isNewThere = true;
    for (const [worker, version] of Object.entries(NEW)) await release(worker, version);
    await release(PREMIUM, UNCOVERED);
  }

  const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;
  const versionOf = async ({ root }: RpmMachine, worker: string) =>
    (await runAsUser("/", [join(root, "usr/bin", worker), "--version"])).stdout.split(" ")[1];

  const requests = () => catalog.proxy.log.filter((line) => line.includes(".rpm"));

  beforeAll(async () => {
    catalog = await startCatalog();
  });
  afterAll(() => catalog?.stop());
  beforeEach(() => {
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
  });

  describe.each(TOOLS)("with $name", (tool) => {
    let machine: RpmMachine;

    beforeAll(async () => {
      const { key } = await catalog.issue("premium-lifetime");
      machine = await tool.machine(catalog.url, { machine: `${tool.name}-box`, key });
    });

    it("is refreshed, searched, installed from at a pinned version, upgraded from, and downgraded from", async () => {
      expect(outcome(await machine.refresh())).toMatch(/^0\n/);
      for (const worker of WORKERS) {
        expect((await machine.search("worker")).stdout).toContain(worker);
        expect(outcome(await machine.install(worker, OLD[worker]))).toMatch(/^0\n/);
        expect(await versionOf(machine, worker)).toBe(OLD[worker]);
      }
      await releaseNew();
      expect(outcome(await machine.upgrade())).toMatch(/^0\n/);
      for (const worker of WORKERS) expect(await versionOf(machine, worker)).toBe(NEW[worker]);
    });

    it("has no version that the license does not cover", async () => {
      const refused = await machine.install(PREMIUM, UNCOVERED);
      expect(refused.code).not.toBe(0);
      expect(outcome(refused)).toMatch(/no match for argument|not found/i);
    });

    async function goBack(worker: keyof typeof OLD): Promise<void> {
      expect(outcome(await machine.downgrade(worker, OLD[worker]))).toMatch(/^0\n/);
      expect(await versionOf(machine, worker)).toBe(OLD[worker]);
      machine.forgetPackages();
      catalog.proxy.log.length = 0;
    }

    async function goOn(worker: keyof typeof OLD): Promise<void> {
      await goBack(worker);
      catalog.proxy.fate = (_, path) => (path.endsWith(".rpm") ? { stopAfter: 50_000 } : "pass");
      const killed = new AbortController();
      const broken = machine.upgrade(killed.signal);
      await expect.poll(() => machine.cachedBytes(), { timeout: 60_000 }).toBeGreaterThan(0);
      killed.abort();
      await broken;
      catalog.proxy.fate = () => "pass";
      catalog.proxy.log.length = 0;
      expect(outcome(await machine.upgrade())).toMatch(/^0\n/);
      expect(requests()).toEqual([expect.stringMatching(/^GET \S+\.rpm bytes=[1-9]\d*-$/)]);
      expect(await versionOf(machine, worker)).toBe(NEW[worker]);
    }

    async function downloadAgain(worker: keyof typeof OLD): Promise<void> {
      await goBack(worker);
      catalog.proxy.fate = (_, path) =>
        path.endsWith(".rpm") && requests().length === 1 ? { cutAfter: 50_000 } : "pass";
      expect(outcome(await machine.upgrade())).toMatch(/^0\n/);
      expect(requests()).toHaveLength(2);
      expect(await versionOf(machine, worker)).toBe(NEW[worker]);
    }

    if (tool.resumes) it.each(WORKERS)("goes on in the middle of a package when it was killed there: %s", goOn);
    else it.each(WORKERS)("downloads a package once more that broke off: %s", downloadAgain);

    /** A machine with a license of its own, which has nothing installed. */
    const fresh = async () => {
      const { key } = await catalog.issue("premium-lifetime");
      return tool.machine(catalog.url, { machine: "fresh", key });
    };

    it("refuses a package that was altered on the way", async () => {
      const other = await fresh();
      await other.refresh();
      catalog.proxy.fate = (_, path) => (path.endsWith(".rpm") ? "alter" : "pass");
      for (const worker of WORKERS) {
        const altered = await other.install(worker);
        expect(altered.code).not.toBe(0);
        expect(outcome(altered)).toMatch(/checksum doesn't match|Digest verification failed/);
      }
    });

    it.each(["rbee", "rbee-premium"])("refuses metadata that was altered on the way: %s", async (repository) => {
      const other = await fresh();
      const isIn = (path: string, name: string) => path.includes(`/${repository}/`) && path.endsWith(name);
      catalog.proxy.fate = (_, path) =>
        isIn(path, "repomd.xml") ? { rewrite: (text) => text.replace(/<size>\d/, "<size>9") } : "pass";
      const refreshed = await other.refresh();
      expect(outcome(refreshed)).toMatch(/GPG signature verification error|Signature verification failed/);
      catalog.proxy.fate = (_, path) => (isIn(path, "-primary.xml.gz") ? "alter" : "pass");
      expect(outcome(await other.refresh())).toMatch(/primary.*(Cannot download|has wrong checksum)/);
    });

    it("does without the premium repository if there is no license, or a full or revoked one", async () => {
      const trial = await catalog.issue("premium-trial");
      const other = await tool.machine(catalog.url, null);
      expect(outcome(await other.refresh())).toMatch(/401/);
      await catalog.activate(trial.key, "elsewhere");
      other.logIn({ machine: "too-many", key: trial.key });
      expect(outcome(await other.refresh())).toMatch(/409/);
      await catalog.admin("license", "revoke", trial.id, "--reason", "test");
      other.logIn({ machine: "elsewhere", key: trial.key });
      expect(outcome(await other.refresh())).toMatch(/403|Permission to access .* denied/);
      expect(outcome(await other.install(FREE))).toMatch(/^(0|106)\n/);
      expect(await versionOf(other, FREE)).toBe(NEW[FREE]);
    });
  });
});
