import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { makepkg, makepkgMissing } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/** The recipes' repositories, with the real git. */
const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

describe.skipIf(!installed("git"))("real git", () => {
  let catalog: RunningCatalog;
  let directory = "";
  const clone = () => join(directory, FREE);

  async function git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runAsUser(directory, ["git", ...args]);
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
  const inClone = (...args: string[]) => git("-C", clone(), ...args);
  const file = (name: string) => readFileSync(join(clone(), name), "utf8");
  const head = async () => (await inClone("rev-parse", "HEAD")).trim();
  const messages = async () => (await inClone("log", "--format=%s")).trim().split("\n");

  const publish = (version: string) =>
    catalog.publish(FREE, version, [join(catalog.folder, `${FREE}-linux-x86_64`)], "--platform", "linux-x86_64");
  const yank = async (version: string) => {
    const { code, stderr } = await catalog.admin("release", "yank", `${FREE}@${version}`, "--reason", "it crashes");
    if (code !== 0) throw new Error(stderr);
  };

  beforeAll(async () => {
    catalog = await startCatalog();
    directory = workDirectory();
  });

  afterAll(() => catalog?.stop());

  it("clones a recipe under both of its addresses, to the same history", async () => {
    await git("clone", `${catalog.url}/${FREE}.git`);
    await git("clone", `${catalog.url}/${FREE}`, "without-suffix");
    expect(readdirSync(clone()).sort()).toEqual([".SRCINFO", ".git", "PKGBUILD"]);
    expect(await git("-C", "without-suffix", "rev-parse", "HEAD")).toBe(await inClone("rev-parse", "HEAD"));
    expect(await inClone("symbolic-ref", "HEAD")).toBe("refs/heads/master\n");
    expect(await inClone("status", "--porcelain")).toBe("");
  });

  it("clones the last commits alone, deepens the clone, and makes it whole", async () => {
    await publish("0.1.1");
    await inClone("pull", "--ff-only");
    const shallow = ["-C", "shallow"];
    const count = async () => Number(await git(...shallow, "rev-list", "--count", "HEAD"));
    const all = Number(await inClone("rev-list", "--count", "HEAD"));
    await git("clone", "--depth", "1", `${catalog.url}/${FREE}.git`, "shallow");
    expect([await count(), readdirSync(join(directory, "shallow")).sort()]).toEqual([
      1,
      [".SRCINFO", ".git", "PKGBUILD"],
    ]);
    await git(...shallow, "fetch", "--depth", "2");
    expect(await count()).toBe(Math.min(2, all));
    if (existsSync(join(directory, "shallow/.git/shallow"))) await git(...shallow, "fetch", "--unshallow");
    expect(await count()).toBe(all);
    await git(...shallow, "fsck", "--strict", "--full");
  });

  it("is cloned by a client of the dumb protocol, too", async () => {
    const { code } = await runAsUser(directory, ["git", "clone", `${catalog.url}/${FREE}.git`, "dumb"], {
      GIT_SMART_HTTP: "0",
    });
    expect([code, (await git("-C", "dumb", "rev-parse", "HEAD")).trim()]).toEqual([0, await head()]);
  });

  it("finds no fault in it", async () => {
    await inClone("fsck", "--strict", "--full");
    // The smart protocol's pack is unpacked if it is small. The dumb one's stays as it is.
    const packs = join(directory, "dumb/.git/objects/pack");
    const index = readdirSync(packs).filter((name) => name.endsWith(".idx"));
    expect(index).toHaveLength(1);
    for (const name of index) expect(await inClone("verify-pack", "-v", join(packs, name))).toContain(": ok");
  });

  it.skipIf(makepkgMissing !== null).each([FREE, PREMIUM])(
    "has in its clone of %s a PKGBUILD whose .SRCINFO is the one beside it",
    async (id) => {
      await git("clone", `${catalog.url}/${id}.git`, `of-${id}`);
      const folder = join(directory, `of-${id}`);
      const run = await makepkg(folder, ["--printsrcinfo"]);
      expect(run).toEqual({ code: 0, stderr: "", stdout: readFileSync(join(folder, ".SRCINFO"), "utf8") });
    },
  );

  it("fast-forwards to every release, also when one is yanked, and fetches a pack only when there is something new", async () => {
    const first = await head();
    await publish("0.2.0");
    await inClone("pull", "--ff-only");
    await publish("0.3.0");
    await inClone("pull", "--ff-only");
    expect(file(".SRCINFO")).toContain("pkgver = 0.3.0\n");
    await yank("0.3.0");
    await inClone("pull", "--ff-only");
    expect(file("PKGBUILD")).toContain("pkgver=0.2.0\n");
    expect(await messages()).toEqual([
      `${FREE} 0.2.0-1`,
      `${FREE} 0.3.0-1`,
      `${FREE} 0.2.0-1`,
      ...(await inClone("log", "--format=%s", first)).trim().split("\n"),
    ]);
    catalog.proxy.log.length = 0;
    await inClone("pull", "--ff-only");
    expect(catalog.proxy.log).toEqual([`GET /${FREE}.git/info/refs?service=git-upload-pack`]);
  });

  it("says who made a commit, and when", async () => {
    const [name, address, at = ""] = (await inClone("log", "-1", "--format=%an%n%ae%n%at")).trim().split("\n");
    expect([name, address]).toEqual(["rbee worker catalog", "catalog@rbee.dev"]);
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(600);
  });

  it("updates a clone the way that AUR helpers do", async () => {
    // aurutils compares with the branch that the clone follows, paru resets to it, pikaur reads the file of the branch.
    const before = await head();
    await publish("0.4.0");
    await inClone("fetch", "--verbose");
    expect((await inClone("rev-parse", "HEAD@{upstream}")).trim()).not.toBe(before);
    await inClone("merge-base", "--is-ancestor", "HEAD", "HEAD@{upstream}");
    await inClone("reset", "--hard", "HEAD@{upstream}");
    expect(file("PKGBUILD")).toContain("pkgver=0.4.0\n");
    expect(file(".git/refs/heads/master").trim()).toBe(await head());
    const listed = await git("ls-remote", `${catalog.url}/${FREE}.git`, "HEAD");
    expect(listed).toBe(`${await head()}\tHEAD\n`);
  });

  it("goes on with a pack whose download broke in the middle, in the dumb protocol", async () => {
    const pull = () => runAsUser(clone(), ["git", "pull", "--ff-only"], { HOME: directory, GIT_SMART_HTTP: "0" });
    await publish("0.5.0");
    catalog.proxy.fate = (_, path) => (path.endsWith(".pack") ? { cutAfter: 1000 } : "pass");
    expect((await pull()).code).not.toBe(0);
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
    expect((await pull()).code).toBe(0);
    expect(catalog.proxy.log.at(-1)).toMatch(/^GET .*\.pack bytes=1000-$/);
    expect(file("PKGBUILD")).toContain("pkgver=0.5.0\n");
  });

  it("clones the Homebrew tap, and follows it as brew does", async () => {
    await git("clone", "--origin=origin", `${catalog.url}/homebrew-rbee.git`, "tap");
    const formulas = () => readdirSync(join(directory, "tap/Formula"));
    expect(formulas()).toContain("llm-worker-rbee-metal.rb");
    expect(formulas()).not.toContain("llm-worker-rbee-premium-metal.rb");
    await git("-C", "tap", "remote", "set-head", "origin", "--auto");
    expect(await git("-C", "tap", "symbolic-ref", "refs/remotes/origin/HEAD")).toBe("refs/remotes/origin/master\n");
    const sample = join(directory, "llm-worker-rbee-premium-metal-macos-aarch64");
    copyFileSync(join(catalog.folder, `${FREE}-linux-x86_64`), sample);
    await catalog.publish("llm-worker-rbee-premium-metal", "1.0.0", [sample]);
    await git("-C", "tap", "fetch", "--tags", "--force", "origin", "refs/heads/master:refs/remotes/origin/master");
    await git("-C", "tap", "merge", "--ff-only", "origin/master");
    expect(formulas()).toContain("llm-worker-rbee-premium-metal.rb");
  });

  it("is told of what it cannot clone", async () => {
    const { code, stderr } = await runAsUser(directory, ["git", "clone", `${catalog.url}/llm-worker-rbee-vulkan.git`]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("not found");
  });
});
