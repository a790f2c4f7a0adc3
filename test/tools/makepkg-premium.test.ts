import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { hiveScript, parseAsHive } from "../support/hive-parser.ts";
import { installed as available } from "../support/node/installed.ts";
import { makepkg, makepkgMissing } from "../support/node/makepkg.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/** The premium recipe as the running catalog serves it, run by the real makepkg and as a hive runs it. */
const ID = "llm-worker-rbee-premium-cpu";
const MACHINE = "the-test's-machine";
const PLATFORM = "linux-x86_64";
const minisign = available("minisign");

let catalog: RunningCatalog;
let sample: Buffer;
let token = "";

beforeAll(async () => {
  catalog = await startCatalog();
  sample = readFileSync(join(catalog.folder, `${ID}-${PLATFORM}`));
  token = await catalog.activate(catalog.licenseKey, MACHINE);
});

afterAll(() => catalog?.stop());

beforeEach(() => {
  catalog.proxy.fate = () => "pass";
  catalog.proxy.log.length = 0;
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const served = async (file: "PKGBUILD" | ".SRCINFO"): Promise<string> =>
  (await fetch(`${catalog.url}/workers/${ID}/${file}`)).text();

/** A directory in which an ordinary user has put the recipe, by default the one that the catalog serves now. */
async function recipeDirectory(pkgbuild?: string): Promise<string> {
  const directory = workDirectory();
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild ?? (await served("PKGBUILD")));
  return directory;
}

type Installer = {
  install: (directory: string, env: Record<string, string>) => Promise<Run>;
  installed: (directory: string) => string;
};

const MAKEPKG: Installer = {
  install: (directory, env) => makepkg(directory, ["--noarchive", "--nodeps", "--force"], env),
  installed: (directory) => join(directory, "pkg", ID, "usr/local/bin", ID),
};

/** A hive has no source to fetch, keeps the environment it was started in, and its directory after a failure. */
const HIVE: Installer = {
  install: async (directory, env) => {
    const recipe = parseAsHive(readFileSync(join(directory, "PKGBUILD"), "utf8"));
    const [srcdir, pkgdir] = [join(directory, "src"), join(directory, "pkg")];
    const whole: Run = { code: 0, stdout: "", stderr: "" };
    await runAsUser(directory, ["mkdir", "-p", srcdir, pkgdir]);
    for (const [phase, body] of Object.entries({ build: recipe.build, package: recipe.package })) {
      const script = join(directory, `${phase}.sh`);
      writeFileSync(script, hiveScript(recipe, body ?? "", srcdir, pkgdir));
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const run = await runAsUser(directory, ["env", ...variables, "bash", script]);
      whole.stdout += run.stdout;
      whole.stderr += run.stderr;
      if (run.code !== 0) return { ...whole, code: run.code };
    }
    return whole;
  },
  installed: (directory) => join(directory, "pkg/usr/local/bin", ID),
};

function installs({ install, installed }: Installer): void {
  it("installs the binary, unchanged, with a token", async () => {
    const directory = await recipeDirectory();
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(sample);
    expect((await runAsUser(directory, [installed(directory), "--version"])).stdout).toBe(`${ID} 1.0.0 (sample)\n`);
    expect(`${run.stdout}${run.stderr}`).not.toContain(token);
  });

  it("goes on where a broken download ended", async () => {
    const directory = await recipeDirectory();
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") ? { cutAfter: 10_000 } : "pass");
    expect((await install(directory, { RBEE_LICENSE_TOKEN: token })).code).not.toBe(0);
    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code, run.stderr).toBe(0);
    const [, , range] = catalog.proxy.log.find((line) => line.startsWith("GET /dl/"))?.split(" ") ?? [];
    expect(range).toBe("bytes=10000-");
    expect(readFileSync(installed(directory))).toEqual(sample);
  });

  it("starts over where a proxy takes the range from the request", async () => {
    const directory = await recipeDirectory();
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") ? { cutAfter: 10_000 } : "pass");
    const broken = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(broken.code).not.toBe(0);
    expect(broken.stderr).toContain("The downloaded part is kept. Please try again.");
    catalog.proxy.fate = () => "whole";
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(sample);
  });

  it.each([
    ["all of it is there already", 0],
    ["what is there is longer than the file", 1],
  ])("goes on where %s", async (_, more) => {
    const directory = await recipeDirectory();
    writeFileSync(join(directory, "partial"), Buffer.concat([sample, Buffer.alloc(more)]));
    await runAsUser(directory, ["mkdir", "src"]);
    for (const part of [`${ID}-1.0.0-${PLATFORM}.part`, `src/${ID}-1.0.0-${PLATFORM}.part`]) {
      await runAsUser(directory, ["cp", "partial", part]);
    }
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code === 0, run.stderr).toBe(more === 0);
    if (more > 0) expect((await install(directory, { RBEE_LICENSE_TOKEN: token })).code).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(sample);
  });

  it("refuses an altered file by its checksum, and gets it anew the next time", async () => {
    const directory = await recipeDirectory();
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") ? "alter" : "pass");
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("did not arrive intact");
    expect(existsSync(installed(directory))).toBe(false);

    catalog.proxy.fate = () => "pass";
    expect((await install(directory, { RBEE_LICENSE_TOKEN: token })).code).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(sample);
  });

  it.skipIf(!minisign)("checks the signature", async () => {
    const run = await install(await recipeDirectory(), { RBEE_LICENSE_TOKEN: token });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain(`Trusted comment: file:${ID}-${PLATFORM}\tworker:${ID}\tversion:1.0.0`);
  });

  it.skipIf(!minisign)("refuses an altered file by its signature, even if the recipe names its checksum", async () => {
    const altered = sha256(sample.map((byte) => byte ^ 1));
    const directory = await recipeDirectory((await served("PKGBUILD")).replaceAll(sha256(sample), altered));
    catalog.proxy.fate = (_, path) => (path.startsWith("/dl/") ? "alter" : "pass");
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("is not what its publisher signed");
    expect(existsSync(installed(directory))).toBe(false);
  });
}

describe.skipIf(makepkgMissing !== null)("real makepkg", () => {
  installs(MAKEPKG);

  it.skipIf(!available("bsdtar"))("makes a package of it", async () => {
    const directory = await recipeDirectory();
    const run = await makepkg(directory, ["--nodeps"], { RBEE_LICENSE_TOKEN: token, PKGEXT: ".pkg.tar.gz" });
    expect(run.code, run.stderr).toBe(0);
    const packed = await runAsUser(directory, ["bsdtar", "-tf", `${ID}-1.0.0-1-x86_64.pkg.tar.gz`]);
    expect(packed.stdout.split("\n")).toContain(`usr/local/bin/${ID}`);
  });

  it("follows releases by the recipe alone, and an older recipe goes on working", async () => {
    const older = await recipeDirectory();
    const newer = join(catalog.folder, `renamed-${PLATFORM}`);
    writeFileSync(newer, Buffer.concat([sample, Buffer.from("newer")]));
    await catalog.publish(ID, "1.1.0", [newer]);

    const recipe = await recipeDirectory();
    expect(readFileSync(join(recipe, "PKGBUILD"), "utf8")).toContain("\npkgver=1.1.0\n");
    for (const CARCH of ["x86_64", "aarch64"]) {
      expect((await makepkg(recipe, ["--printsrcinfo"], { CARCH })).stdout).toBe(await served(".SRCINFO"));
    }
    for (const [directory, content] of [
      [recipe, readFileSync(newer)],
      [older, sample],
    ] as const) {
      const run = await MAKEPKG.install(directory, { RBEE_LICENSE_TOKEN: token });
      expect(run.code, run.stderr).toBe(0);
      expect(readFileSync(MAKEPKG.installed(directory))).toEqual(content);
    }

    expect((await catalog.admin("release", "yank", `${ID}@1.1.0`, "--reason", "test")).code).toBe(0);
    expect(await served("PKGBUILD")).toContain("\npkgver=1.0.0\n");
    const yanked = await recipeDirectory(readFileSync(join(recipe, "PKGBUILD"), "utf8"));
    expect((await MAKEPKG.install(yanked, { RBEE_LICENSE_TOKEN: token })).code).toBe(0);
  });
});

/** A search path with the recipe's programs, but without minisign. */
async function pathWithoutMinisign(directory: string): Promise<string> {
  const bin = join(directory, "bin");
  mkdirSync(bin);
  for (const tool of [
    "bash",
    "mkdir",
    "curl",
    "cut",
    "grep",
    "head",
    "install",
    "mv",
    "sed",
    "sha256sum",
    "tr",
    "uname",
  ]) {
    const found = await runAsUser(directory, ["which", tool]);
    symlinkSync(found.stdout.trim(), join(bin, tool));
  }
  return bin;
}

describe("a hive", () => {
  installs(HIVE);

  it("takes no file on trust that lies where others could have put it", async () => {
    const directory = await recipeDirectory();
    writeFileSync(join(directory, "planted"), "#!/bin/sh\n");
    await runAsUser(directory, ["mkdir", "src"]);
    await runAsUser(directory, ["cp", "planted", `src/${ID}-1.0.0-${PLATFORM}`]);
    const run = await HIVE.install(directory, {
      RBEE_LICENSE_TOKEN: token,
      PATH: await pathWithoutMinisign(directory),
    });
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(HIVE.installed(directory))).toEqual(sample);
  });

  it("goes on without minisign, and says so", async () => {
    const directory = await recipeDirectory();
    const run = await HIVE.install(directory, {
      RBEE_LICENSE_TOKEN: token,
      PATH: await pathWithoutMinisign(directory),
    });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain("is checked by its checksum alone: minisign is not installed");
    expect(readFileSync(HIVE.installed(directory))).toEqual(sample);
  });
});
