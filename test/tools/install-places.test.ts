import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import {
  CUT,
  downloadRanges,
  homeWithScript,
  isDownload,
  pipeToShell,
  placed,
  readWorker,
  sampleOf,
  scriptRuns,
  workersOf,
} from "../support/node/install-script.ts";
import { AS_ORDINARY_USER, type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { CONFINED_CURL, OLD_CURL, programs } from "../support/node/programs.ts";

/** The install script on machines that differ: without a home, with other tools, behind proxies, with little room. */
const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
let catalog: RunningCatalog;

beforeAll(async () => {
  if (scriptRuns) catalog = await startCatalog();
});
afterAll(() => catalog?.stop());
afterEach(() => {
  if (scriptRuns) catalog.proxy.fate = () => "pass";
});

const pipe = (home: string, args: string, env: Record<string, string> = {}, shell = "dash"): Promise<Run> =>
  pipeToShell(catalog, home, args, env, shell);

const lastLine = ({ stderr }: Run): string => stderr.trimEnd().split("\n").at(-1) ?? "";

/** Leaves a part of the free worker in a home, as an earlier run would. */
function leavePart(home: string, name: string, bytes: number): void {
  const sample = sampleOf(catalog, FREE);
  const sum = createHash("sha256").update(sample).digest("hex");
  mkdirSync(workersOf(home), { recursive: true });
  writeFileSync(join(workersOf(home), `${FREE}-${sum}.999999999.${name}.part`), sample.subarray(0, bytes));
  execFileSync("chmod", ["-R", "777", join(home, ".cache")]);
  if (AS_ORDINARY_USER.length > 0) execFileSync("chown", ["-R", "nobody", join(home, ".cache")]);
}

describe.runIf(scriptRuns)("the home", () => {
  it("is that of the account if HOME is not set, and not needed with XDG_CACHE_HOME", async () => {
    const home = await homeWithScript(catalog);
    const bare = ["env", "-u", "HOME", "dash", "install.sh"];
    expect(await runAsUser(home, [...bare, "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("/rbee/workers"),
    });
    expect((await runAsUser(home, [...bare, "cpu"], { XDG_CACHE_HOME: join(home, ".cache") })).code).toBe(0);
    expect(placed(home)).toEqual([FREE]);
  });

  it("takes the worker if a folder of XDG is relative", async () => {
    const home = workDirectory();
    expect((await pipe(home, "cpu", { XDG_CACHE_HOME: "cache", XDG_CONFIG_HOME: "./config" })).code).toBe(0);
    expect([placed(home), existsSync(join(home, "cache"))]).toEqual([[FREE], false]);
  });
});

describe.runIf(scriptRuns)("a license that was copied", () => {
  it.each([
    ["with the line end of Windows", (key: string) => `${key}\r`],
    ["with quotes and a blank", (key: string) => ` "${key}" `],
    ["with a zero-width blank and a soft hyphen", (key: string) => `\u200b${key.slice(0, 30)}\u00ad${key.slice(30)}`],
    ["with hyphens, in small letters", (key: string) => `${key.slice(0, 30)}-${key.slice(30)}`.toLowerCase()],
  ])("is understood %s, in either variable", async (_, copied) => {
    for (const [name, shell] of [
      ["RBEE_LICENSE_KEY", "dash"],
      ["RBEE_LICENSE_TOKEN", "busybox sh"],
    ] as const) {
      const home = workDirectory();
      const run = await pipe(
        home,
        "premium-cpu",
        { [name]: copied(catalog.licenseKey), RBEE_MACHINE: "copied" },
        shell,
      );
      expect([run.code, placed(home)]).toEqual([0, [PREMIUM]]);
    }
  });

  it.each([
    ["not whole", (key: string) => key.slice(0, -5), "50 of 55 characters follow rbee_lic_"],
    ["an admin token", () => catalog.adminToken, "is an admin token"],
    ["another text", () => "hunter2", "neither a license key nor a license token"],
  ])("is refused in words if it is %s", async (_, copied, reason) => {
    const key = copied(catalog.licenseKey);
    const run = await pipe(workDirectory(), "premium-cpu", { RBEE_LICENSE_KEY: key });
    expect([run.code, lastLine(run)]).toEqual([1, expect.stringContaining(reason)]);
    expect(run.stderr).not.toContain(key.slice(-8));
  });

  it("is exchanged elsewhere if it may be a key of another shop, and says where", async () => {
    for (const key of ["ACME-7Q2M-9X4B-K1ZT-55RD", "key/eyJhY2N0.c2lnbmVk+4711=="]) {
      const run = await pipe(workDirectory(), "premium-cpu", { RBEE_LICENSE_KEY: key });
      expect([run.code, lastLine(run)]).toEqual([
        1,
        expect.stringContaining("neither a license key nor a license token"),
      ]);
      expect(run.stderr).toContain(`Sign in with it at ${catalog.url}/account, or run \`rbee-catalog activate\``);
      expect(run.stderr).not.toContain(key.slice(-8));
    }
    const short = await pipe(workDirectory(), "premium-cpu", { RBEE_LICENSE_KEY: "hunter2" });
    expect(short.stderr).not.toContain("another shop");
  });
});

describe.runIf(scriptRuns)("the last line", () => {
  it("is the reason, after a remedy that fits it", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    await catalog.activate(key, "first");
    const env = { RBEE_LICENSE_KEY: key, RBEE_MACHINE: "second" };
    const full = await pipe(workDirectory(), "premium-cpu", env);
    expect(lastLine(full)).toMatch(/\(MACHINE_LIMIT_REACHED\)$/);
    expect(full.stderr).toContain(`Free a seat: remove a machine at ${catalog.url}/account`);
    await catalog.admin("license", "revoke", id, "--reason", "test");
    const revoked = await pipe(workDirectory(), "premium-cpu", env);
    expect(lastLine(revoked)).toMatch(/\(LICENSE_REVOKED\)$/);
    expect(`${full.stderr}${revoked.stderr}`).not.toMatch(/Set RBEE_LICENSE/);
  });

  it("names a worker without a release before anybody is asked for a license", async () => {
    const run = await pipe(workDirectory(), "premium-cuda --platform linux-x86_64");
    expect([run.code, lastLine(run)]).toEqual([1, expect.stringContaining("has no released binary yet")]);
    expect(run.stderr).not.toContain("needs a license");
  });

  it("has only printable characters of a hostile text", async () => {
    const rewrite = (text: string) => text.replace("has no", "\x1b[\u009b\x07!");
    catalog.proxy.fate = (_method, path) => (path.endsWith("/resolve") ? { rewrite } : "pass");
    const run = await pipe(workDirectory(), "cuda --platform linux-x86_64");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character may be there
    expect(run.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\uffff]/);
    expect(lastLine(run)).toMatch(/\?.*\(NOT_RELEASED\)$/);
  });

  it.each([
    [
      "curl's configuration, which is not read",
      true,
      /\.curlrc is not read here.*set https_proxy.*Its name is not known/s,
    ],
    ["the name that is not known", false, /Its name is not known/],
  ])("of a catalog that cannot be reached names %s", async (_, hasCurlrc, words) => {
    const home = await homeWithScript(catalog, (script) => script.replaceAll(catalog.url, "http://catalog.invalid"));
    if (hasCurlrc) writeFileSync(join(home, ".curlrc"), "proxy = http://127.0.0.1:9\n");
    const { code, stderr } = await runAsUser(home, ["dash", "install.sh", "cpu"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
  });
});

describe.runIf(scriptRuns)("the tools of the machine", () => {
  it("may be a curl that writes no files of its own, as the one from snap", async () => {
    const home = workDirectory();
    const { PATH } = programs(home, "curl", CONFINED_CURL);
    const script = await homeWithScript(catalog);
    expect((await runAsUser(script, ["dash", "install.sh", "cpu"], { PATH })).code).toBe(0);
    expect(placed(script)).toEqual([FREE]);
  });

  it("may be a curl before 7.55, which reads no headers from a file", async () => {
    const home = await homeWithScript(catalog);
    const env = {
      ...programs(home, "curl", OLD_CURL),
      RBEE_LICENSE_KEY: catalog.licenseKey,
      RBEE_MACHINE: 'old "one" \\',
    };
    expect((await runAsUser(home, ["dash", "install.sh", "premium-cpu"], env)).code).toBe(0);
    expect(placed(home)).toEqual([PREMIUM]);
  });

  it("may have the NVIDIA tool where WSL keeps it, outside of the PATH", async () => {
    const home = workDirectory();
    programs(home, "nvidia-smi", '#!/bin/sh\necho "GPU 0: NVIDIA GeForce RTX 3060 (UUID: GPU-0)"\n');
    const script = await homeWithScript(catalog, (text) => text.replaceAll("/usr/lib/wsl/lib", join(home, "bin")));
    const { stderr } = await runAsUser(script, ["dash", "install.sh"]);
    expect(stderr).toContain("Chose the cuda worker");
  });

  it("must include the loader that a program names", async () => {
    const home = workDirectory();
    const file = join(workDirectory(), `${FREE}-linux-x86_64`);
    writeFileSync(
      file,
      Buffer.from(`\x7fELF\x02${"\0".repeat(700)}/nowhere/ld-musl-x86_64.so.1\0${"\0".repeat(4000)}`, "latin1"),
    );
    await catalog.publish(FREE, "0.9.0-alpha.1", [file]);
    const run = await pipe(home, "cpu --version 0.9.0-alpha.1");
    expect([run.code, lastLine(run), placed(home)]).toEqual([
      1,
      expect.stringContaining("its loader /nowhere/ld-musl-x86_64.so.1 is missing"),
      [],
    ]);
  });
});

describe.runIf(scriptRuns)("an earlier download", () => {
  it("starts over behind a proxy that does not resume", async () => {
    const home = workDirectory();
    leavePart(home, "broken", CUT);
    catalog.proxy.fate = (_method, path) => (isDownload(path) || path.includes("/dl/") ? "whole" : "pass");
    const run = await pipe(home, "cpu");
    expect([run.code, placed(home)]).toEqual([0, [FREE]]);
    expect(readWorker(home, FREE)).toEqual(sampleOf(catalog, FREE));
  });

  it("is resumed from the largest of its parts", async () => {
    const home = workDirectory();
    for (const [name, bytes] of [
      ["a", 100],
      ["b", CUT],
      ["c", 2000],
    ] as const)
      leavePart(home, name, bytes);
    catalog.proxy.log.length = 0;
    expect((await pipe(home, "cpu")).code).toBe(0);
    expect([placed(home), catalog.proxy.log.some((line) => line.endsWith(`bytes=${CUT}-`))]).toEqual([[FREE], true]);
    expect(downloadRanges(catalog).length).toBeLessThan(2);
  });

  it("is renamed if the disk has no room for a copy", async () => {
    const home = await homeWithScript(catalog);
    leavePart(home, "left", CUT);
    const full = "#!/bin/sh\nhead -c 10 /dev/zero >\"$2\"\necho 'No space left on device' >&2\nexit 1\n";
    const run = await runAsUser(home, ["dash", "install.sh", "cpu"], programs(home, "cp", full));
    expect([run.code, placed(home)]).toEqual([0, [FREE]]);
    expect(run.stderr).not.toContain("No space left");
  });
});

describe.runIf(scriptRuns)("the id of a machine without one", () => {
  it.each([
    ["there is none", null],
    ["it is damaged", "not an id\n"],
  ])("is one, also if several runs make it at once, and %s", async (_case, present) => {
    const home = await homeWithScript(catalog, (script) =>
      script.replace("/etc/machine-id /var/lib/dbus/machine-id", "/nonexistent"),
    );
    const own = ".config/rbee/machine-id";
    if (present !== null)
      await runAsUser(home, ["sh", "-c", `mkdir -p .config/rbee && printf '%s' "$1" >${own}`, "sh", present]);
    const { key } = await catalog.issue("premium-trial");
    const runs = await Promise.all(
      [1, 2, 3, 4, 5].map(() => runAsUser(home, ["dash", "install.sh", "premium-cpu"], { RBEE_LICENSE_KEY: key })),
    );
    // The license has one seat.
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(readdirSync(join(home, ".config/rbee"))).toEqual(["machine-id"]);
    expect(readFileSync(join(home, own), "utf8")).toMatch(/^[0-9a-f]{32}$/);
  });
});
