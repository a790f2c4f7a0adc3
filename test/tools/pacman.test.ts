import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type IssuedLicense, type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser } from "../support/node/ordinary-user.ts";
import {
  type ArchMachine,
  buildPackage,
  newArchMachine,
  newPackager,
  type Packager,
  programOutput,
} from "../support/node/pacman.ts";

/** The repositories of a running catalog, as the real pacman uses them, with packages of the real makepkg. */
const tools = installed("pacman", "makepkg", "bsdtar", "fakeroot", "gpg", "xz", "zstd");

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const BOX = "arch-box";

describe.skipIf(!tools)("pacman", () => {
  let catalog: RunningCatalog;
  let packager: Packager;
  let license: IssuedLicense;

  /** Builds, signs and publishes a package. */
  async function release(
    worker: string,
    version: string,
    { by = packager, extension = "zst" }: { by?: Packager; extension?: "gz" | "xz" | "zst" } = {},
  ): Promise<string> {
    const file = await buildPackage(worker, version, extension);
    await by.sign(file);
    await catalog.publish(worker, version, [file]);
    return file;
  }

  /** A machine with both repositories; `user` precedes the host of the premium one. */
  function machine(user = `${BOX}:${license.key}@`): Promise<ArchMachine> {
    const server = `${catalog.url}/arch/$repo/os/$arch`;
    return newArchMachine([packager], { rbee: server, "rbee-premium": server.replace("://", `://${user}`) });
  }

  const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;
  const versionOf = async ({ root, home }: ArchMachine, worker: string) =>
    (await runAsUser(home, [join(root, "usr/local/bin", worker)])).stdout;
  const cached = ({ cache }: ArchMachine) => readdirSync(cache);

  beforeAll(async () => {
    catalog = await startCatalog();
    packager = await newPackager("packager");
    license = await catalog.issue("premium-lifetime");
    await release(FREE, "0.2.0", { extension: "xz" });
    await release(PREMIUM, "1.1.0", { extension: "gz" });
  });

  afterAll(() => catalog?.stop());

  beforeEach(() => {
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
  });

  it("syncs, searches, lists files, installs and upgrades, with signatures required", async () => {
    const arch = await machine();
    expect(outcome(await arch.pacman("-Sy"))).toMatch(/^0\n/);
    const found = await arch.pacman("-Ss", "worker");
    expect(found.stdout).toMatch(/^rbee\/llm-worker-rbee-cpu 0\.2\.0-1$/m);
    expect(found.stdout).toMatch(/^rbee-premium\/llm-worker-rbee-premium-cpu 1\.\d\.0-1$/m);
    expect((await arch.pacman("-Si", FREE)).stdout).toMatch(/Validated By *: SHA-256 Sum {2}Signature/);
    expect(outcome(await arch.pacman("-Fy"))).toMatch(/^0\n/);
    expect((await arch.pacman("-Fl", PREMIUM)).stdout).toContain(`${PREMIUM} usr/local/bin/${PREMIUM}\n`);

    expect(outcome(await arch.pacman("-S", FREE, PREMIUM))).toMatch(/^0\n/);
    expect(await versionOf(arch, FREE)).toBe(programOutput(FREE, "0.2.0"));
    expect(await versionOf(arch, PREMIUM)).toMatch(/^llm-worker-rbee-premium-cpu 1\./);
    expect(outcome(await arch.pacman("-Qkk"))).toMatch(/^0\n/);

    await release(PREMIUM, "1.2.0");
    await release(PREMIUM, "2.0.0");
    expect(outcome(await arch.pacman("-Syu"))).toMatch(/^0\n/);
    expect(await versionOf(arch, PREMIUM)).toBe(programOutput(PREMIUM, "1.2.0"));
  });

  it("finds in the databases what repo-add would have put there, but for MD5", async () => {
    const worker = "llm-worker-rbee-premium-metal";
    const file = await release(worker, "1.0.0");
    const folder = dirname(file);
    expect(await runAsUser(folder, ["repo-add", "--quiet", "theirs.db.tar.gz", file])).toMatchObject({ code: 0 });
    const ours = await fetch(`${catalog.url}/arch/rbee-premium/os/x86_64/rbee-premium.files`, {
      headers: { Authorization: `Basic ${btoa(`${BOX}:${license.key}`)}` },
    });
    writeFileSync(join(folder, "ours.files.tar.gz"), Buffer.from(await ours.arrayBuffer()));
    for (const entry of ["desc", "files"]) {
      const read = (archive: string) =>
        runAsUser(folder, ["bsdtar", "-xOf", archive, `${worker}-1.0.0-1/${entry}`]).then(({ stdout }) => stdout);
      const theirs = await read("theirs.files.tar.gz");
      expect(theirs).toContain(entry === "desc" ? "%PGPSIG%" : "usr/local/bin/");
      expect(await read("ours.files.tar.gz")).toBe(theirs.replace(/%MD5SUM%\n\w+\n\n/, ""));
    }
  });

  it("is told that its databases are up to date, and nothing more", async () => {
    const arch = await machine();
    const answers = async () => outcome(await arch.pacman("-Sy", "--debug")).match(/\.db: response code \d+/g);
    await answers();
    // Once more where the last change has settled in between (src/formats/arch/database.ts).
    const upToDate = [".db: response code 304", ".db: response code 304"];
    await expect.poll(answers, { timeout: 60_000 }).toEqual(upToDate);
  });

  it("finds the key in .netrc, where no list of processes or pacman.conf shows it", async () => {
    const arch = await machine("");
    const denied = await arch.pacman("-Sy");
    expect(outcome(denied)).toMatch(/rbee-premium\.db.*401/);
    writeFileSync(join(arch.home, ".netrc"), `machine localhost login ${BOX} password ${license.key}\n`);
    expect(outcome(await arch.pacman("-Sy"))).toMatch(/^0\n/);
    expect(outcome(await arch.pacman("-S", PREMIUM))).toMatch(/^0\n/);
  });

  it("is refused without a license, on a machine too many, and from the moment that the license is revoked", async () => {
    const trial = await catalog.issue("premium-trial");
    const first = await machine(`first:${trial.key}@`);
    expect(outcome(await first.pacman("-Sy"))).toMatch(/^0\n/);
    expect(outcome(await (await machine(`second:${trial.key}@`)).pacman("-Sy"))).toMatch(/rbee-premium\.db.*409/);
    expect(outcome(await (await machine("first:rbee_lic_0@")).pacman("-Sy"))).toMatch(/rbee-premium\.db.*401/);

    const revoked = await catalog.admin("license", "revoke", trial.id, "--reason", "test");
    expect(revoked).toMatchObject({ code: 0 });
    const install = await first.pacman("-S", PREMIUM);
    expect(outcome(install)).toMatch(/403/);
    expect(cached(first)).toEqual([]);
    expect(outcome(await first.pacman("-Syy"))).toMatch(/rbee-premium\.db.*403/);
    expect(outcome(await first.pacman("-S", FREE))).toMatch(/^0\n/);
  });

  it("goes on in the middle of a package that broke off", async () => {
    const arch = await machine();
    await arch.pacman("-Sy");
    catalog.proxy.fate = (_, path) =>
      path.startsWith("/dl/") && !path.endsWith("/sig") ? { cutAfter: 20_000 } : "pass";
    expect((await arch.pacman("-S", PREMIUM)).code).not.toBe(0);
    expect(cached(arch)).toEqual([expect.stringMatching(/\.part$/)]);

    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
    expect(outcome(await arch.pacman("-S", PREMIUM))).toMatch(/^0\n/);
    expect(catalog.proxy.log).toContainEqual(expect.stringMatching(/^GET \/dl\/\S+ bytes=20000-$/));
    expect(await versionOf(arch, PREMIUM)).toMatch(/^llm-worker-rbee-premium-cpu 1\./);
  });

  it("refuses a package that was altered on the way", async () => {
    const arch = await machine();
    await arch.pacman("-Sy");
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") && !path.endsWith("/sig") ? "alter" : "pass");
    const altered = await arch.pacman("-S", PREMIUM);
    expect(altered.code).not.toBe(0);
    expect(outcome(altered)).toMatch(/invalid or corrupted package/);
  });

  it("refuses a package whose signature is another file's, or somebody's whom it does not trust", async () => {
    const arch = await machine();
    const stranger = await newPackager("stranger");
    await release("llm-worker-rbee-premium-cuda", "1.0.0", { by: stranger });
    const file = await buildPackage("llm-worker-rbee-cuda", "1.0.0", "zst");
    const other = join(dirname(file), "noise");
    await packager.sign(other);
    await catalog.publish("llm-worker-rbee-cuda", "1.0.0", [file], "--pgp-sig", `${other}.sig`);
    await arch.pacman("-Sy");
    const unknown = await arch.pacman("-S", "llm-worker-rbee-premium-cuda");
    expect(unknown.code).not.toBe(0);
    expect(outcome(unknown)).toMatch(/required key missing from keyring/);
    const wrong = await arch.pacman("-S", "llm-worker-rbee-cuda");
    expect(wrong.code).not.toBe(0);
    expect(outcome(wrong)).toMatch(/invalid or corrupted package \(PGP signature\)/);
  });

  it("is shown by the publisher's own command, with kind and signatures", async () => {
    const shown = await catalog.admin("release", "show", `${FREE}@0.2.0`);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/0\.2\.0-1-x86_64\.pkg\.tar\.xz +package +linux-x86_64 .* ready +minisign, OpenPGP/);
    expect((await catalog.admin("release", "list", FREE)).stdout).toContain("linux-x86_64 (package)");
  });

  it("stays at the version with a package, and the publisher of a binary alone is told so in one line", async () => {
    const file = join(dirname(await buildPackage(FREE, "0.9.0", "gz")), "program");
    const key = ["--sign-key", join(catalog.folder, "release-signing.key")];
    const publish = (version: string, ...more: string[]) =>
      catalog.admin(
        ...["release", "publish", file, "--worker", FREE, "--version", version, "--platform", "linux-x86_64"],
        ...key,
        ...more,
      );
    const { stderr } = await publish("0.9.0");
    const [, offered] =
      /^Behind 0\.9\.0: pacman repository rbee stays at (0\.\d\.0) for linux-x86_64 \(needs a pacman package\)\.$/m.exec(
        stderr,
      ) ?? [];
    expect(offered, stderr).toBeDefined();
    expect(JSON.parse((await publish("0.10.0", "--json")).stdout)).toMatchObject({
      behind: [{ place: "pacman repository rbee", platform: "linux-x86_64", version: offered }],
    });
    const arch = await machine();
    await arch.pacman("-Syy");
    expect((await arch.pacman("-Si", FREE)).stdout).toMatch(new RegExp(`Version *: ${offered}-1`));
  });
});
