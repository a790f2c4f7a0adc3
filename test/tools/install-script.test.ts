import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { machineFingerprint } from "../../src/cli/hive/machine.ts";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import {
  downloadRanges,
  homeWithScript,
  pipeToShell,
  placed,
  readWorker,
  sampleOf,
  scriptRuns,
  workersOf,
} from "../support/node/install-script.ts";
import { installed } from "../support/node/installed.ts";
import {
  AS_ORDINARY_USER,
  PLAIN_ENVIRONMENT,
  type Run,
  runAsUser,
  workDirectory,
} from "../support/node/ordinary-user.ts";

/** The install script as an ordinary user runs it, against the running catalog, by shells that differ. */
const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const SHELLS = ["dash", "bash --posix", "busybox sh"].filter((shell) => installed(shell.replace(/ .*/, "")));
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

describe("the script itself", () => {
  it.skipIf(!scriptRuns || !installed("shellcheck"))("is clean under shellcheck", async () => {
    const home = await homeWithScript(catalog);
    expect(await runAsUser(home, ["shellcheck", "-s", "sh", "install.sh"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it.runIf(scriptRuns)("does nothing when it is cut off, wherever that is", async () => {
    const home = await homeWithScript(catalog);
    const { size } = statSync(join(home, "install.sh"));
    catalog.proxy.log.length = 0;
    const everyCut = `
      for shell in dash 'bash --posix'; do
        for n in $(seq 0 61 ${size}) $(seq ${size - 40} ${size - 2}); do
          head -c $n install.sh | $shell 2>/dev/null
        done
      done`;
    expect((await runAsUser(home, ["bash", "-c", everyCut])).stdout).toBe("");
    expect([catalog.proxy.log, readdirSync(home)]).toEqual([[], ["install.sh"]]);
  });

  it.runIf(scriptRuns)("says how it is used, and refuses what it does not know", async () => {
    const home = workDirectory();
    expect(await pipe(home, "--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("RBEE_LICENSE_TOKEN"),
    });
    for (const args of ["--bogus", "a b", "--version", "'a;b'", "cpu --version '1/2'"]) {
      expect([args, await pipe(home, args)]).toEqual([args, expect.objectContaining({ code: 2, stdout: "" })]);
    }
  });
});

describe.runIf(scriptRuns)("a free worker", () => {
  it.each(SHELLS)("is installed by %s", async (shell) => {
    const home = workDirectory();
    const run = await pipe(home, "cpu", {}, shell);
    expect(run).toMatchObject({ code: 0, stdout: `Installed ${FREE} 0.1.0: ${workersOf(home)}/${FREE}\n` });
    expect(placed(home)).toEqual([FREE]);
    expect(readWorker(home, FREE)).toEqual(sampleOf(catalog, FREE));
    expect((await runAsUser(home, [join(workersOf(home), FREE), "--version"])).stdout).toBe(`${FREE} 0.1.0 (sample)\n`);
  });

  it("is not downloaded again, and is replaced by the version that is named", async () => {
    const home = workDirectory();
    mkdirSync(workersOf(home), { recursive: true });
    execFileSync("chmod", ["-R", "777", join(home, ".cache")]);
    writeFileSync(join(workersOf(home), FREE), "an older one", { mode: 0o777 });
    expect((await pipe(home, `${FREE} --version 0.1.0`)).code).toBe(0);
    expect(readWorker(home, FREE)).toEqual(sampleOf(catalog, FREE));
    catalog.proxy.log.length = 0;
    expect((await pipe(home, "cpu")).code).toBe(0);
    expect(downloadRanges(catalog)).toEqual([]);
  });

  it("that there is no room for is told at once", async () => {
    const home = await homeWithScript(catalog);
    catalog.proxy.log.length = 0;
    // In blocks of 512 bytes: a file may have a part of the worker, as on a disk that is full.
    const inLittleRoom = ["dash", "-c", "trap '' XFSZ; ulimit -f 20; exec dash install.sh cpu"];
    const { code, stderr } = await runAsUser(home, inLittleRoom);
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be written: is the disk full?")]);
    expect(downloadRanges(catalog)).toEqual([""]);
  });

  const withGpu = (home: string): { PATH: string } => {
    const bin = join(home, "bin");
    mkdirSync(bin);
    const answers =
      "*compute_cap*) echo 'NVIDIA GeForce RTX 3090, 550.54.14, 8.6, 24576 MiB' ;; *) echo 'CUDA Version: 12.4' ;;";
    writeFileSync(join(bin, "nvidia-smi"), `#!/bin/sh\ncase "$*" in ${answers} esac\n`, { mode: 0o755 });
    return { PATH: `${bin}:${PLAIN_ENVIRONMENT.PATH}` };
  };

  it("is chosen by the hardware; the one for the GPU is named if it has no release", async () => {
    const home = workDirectory();
    const { code, stdout, stderr } = await pipe(home, "", withGpu(home));
    expect([code, stdout]).toEqual([0, `Installed ${FREE} 0.1.0: ${workersOf(home)}/${FREE}\n`]);
    expect(stderr).toMatch(
      /Chose the cuda worker for linux-x86_64, but llm-worker-rbee-cuda has no binary.*makepkg.*Chose llm-worker-rbee-cpu 0\.1\.0/s,
    );
    expect(stderr).toContain(`${catalog.url}/workers/llm-worker-rbee-cuda/PKGBUILD`);
    expect(stderr).toMatch(/It starts here: llm-worker-rbee-cpu 0\.1\.0 \(sample\)\n$/);
  });

  it("without a binary is told how to be built", async () => {
    const home = workDirectory();
    const { code, stdout, stderr } = await pipe(home, "cuda", withGpu(home));
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/hive.*makepkg.*\(NOT_RELEASED\)\n$/s)]);
    expect(stderr).toContain(`${catalog.url}/workers/cuda/PKGBUILD`);
  });

  it("for other hardware is refused with its reason, and may be installed for another machine", async () => {
    const run = await pipe(workDirectory(), "metal");
    expect([run.code, run.stderr]).toEqual([
      1,
      expect.stringMatching(/--platform.*\n.*macos-aarch64.*\(WRONG_PLATFORM\)\n$/),
    ]);
    const home = workDirectory();
    const other = await pipe(home, "cpu --platform linux-x86_64");
    expect([other.code, other.stderr]).toEqual([0, expect.stringContaining("not tried out")]);
  });

  it("explains the choice, and what each of the others lacks", async () => {
    const { code, stderr } = await pipe(workDirectory(), "--explain");
    expect(code).toBe(0);
    expect(stderr).toMatch(/This machine: \{"platform":"linux-x86_64",.*"cpu_features":\[\.\.\.\]/);
    expect(stderr).toMatch(/not llm-worker-rbee-metal: .* \(WRONG_PLATFORM\)/);
    expect(stderr).toMatch(/not llm-worker-rbee-premium-cpu-linux-x86_64: .* \(LICENSE_REQUIRED\)/);
  });

  it("is said to have no such version where that is all that is wrong", async () => {
    const { code, stderr } = await pipe(workDirectory(), "cpu --version 9.9.9");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${FREE} has no version 9.9.9`)]);
    expect(stderr).not.toMatch(/no binary|makepkg/);
  });

  it("is listed with the others for this machine", async () => {
    const { code, stdout } = await pipe(workDirectory(), "--list");
    expect([code, stdout.split("\n").map((line) => line.split(/\s+/)[0])]).toEqual([
      0,
      expect.arrayContaining([FREE, PREMIUM, "llm-worker-rbee-cuda"]),
    ]);
    expect(stdout).not.toContain("metal");
    // One without a release has no version.
    expect(stdout).toMatch(/^llm-worker-rbee-cpu +0\.1\.0 +free /m);
    expect(stdout).toMatch(/^llm-worker-rbee-cuda +- +free /m);
  });

  it("is uninstalled, with what a run that was killed has left", async () => {
    const home = workDirectory();
    await pipe(home, "cpu");
    await runAsUser(home, ["touch", join(workersOf(home), `${FREE}-${"0".repeat(64)}.999999999.scratch.part`)]);
    expect((await pipe(home, "--uninstall cpu")).code).toBe(0);
    expect(placed(home)).toEqual([]);
    expect(await pipe(home, "--uninstall cpu")).toMatchObject({ code: 1, stdout: "" });
  });
});

describe.runIf(scriptRuns)("a premium worker", () => {
  it.each(SHELLS)("is installed by %s with a key, which no other program is told", async (shell) => {
    const home = workDirectory();
    const bin = join(home, "bin");
    mkdirSync(bin);
    // In curl's place: writes down how it was called.
    writeFileSync(
      join(bin, "curl"),
      `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } >>'${home}/calls'\nexec /usr/bin/curl "$@"\n`,
      {
        mode: 0o755,
      },
    );
    await runAsUser(home, ["bash", "-c", `/usr/bin/curl -fsSL ${catalog.url}/install.sh >install.sh`]);
    const env = {
      PATH: `${bin}:${PLAIN_ENVIRONMENT.PATH}`,
      RBEE_LICENSE_TOKEN: catalog.licenseKey,
      RBEE_MACHINE: `by ${shell}`,
      // A shell goes on exporting the variables that were exported when it started.
      credential: "",
      headers: "",
    };
    const run = await runAsUser(home, [...shell.split(" "), "-ax", "install.sh", "premium-cpu"], env);
    expect([run.code, placed(home)]).toEqual([0, [PREMIUM]]);
    expect(readWorker(home, PREMIUM)).toEqual(sampleOf(catalog, PREMIUM));
    const calls = readFileSync(join(home, "calls"), "utf8");
    expect(calls).toContain("download?platform=linux-x86_64");
    expect(`${run.stdout}${run.stderr}${calls}`).not.toContain(catalog.licenseKey);
  });

  it("is installed with a token, whose machine need not be named", async () => {
    const home = workDirectory();
    const token = await catalog.activate(catalog.licenseKey, "the hive's own fingerprint");
    expect((await pipe(home, "premium-cpu", { RBEE_LICENSE_TOKEN: token })).code).toBe(0);
    expect(placed(home)).toEqual([PREMIUM]);
  });

  it("asks on the terminal, and does not show what is typed", async () => {
    const home = await homeWithScript(catalog);
    const [program = "", ...rest] = [...AS_ORDINARY_USER, "script", "-qec", "dash install.sh premium-cpu", "/dev/null"];
    const env = { ...PLAIN_ENVIRONMENT, HOME: home, RBEE_MACHINE: "typed" };
    const child = spawn(program, rest, { cwd: home, env, stdio: ["pipe", "pipe", "inherit"] });
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (!shown.includes("not shown:") && `${shown}${text}`.includes("not shown:")) {
        child.stdin.write(`${catalog.licenseKey}\n`);
      }
      shown += text;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(shown).toContain(`Installed ${PREMIUM}`);
    expect(shown).not.toContain(catalog.licenseKey);
  });

  it("takes the seat that `rbee-catalog` takes on this machine", async () => {
    const home = workDirectory();
    const { key } = await catalog.issue("premium-trial");
    expect((await pipe(home, "premium-cpu", { RBEE_LICENSE_TOKEN: key })).code).toBe(0);
    // The license has one seat: another machine would be refused.
    const fingerprint = await machineFingerprint({ XDG_CONFIG_HOME: join(home, ".config") });
    await expect(catalog.activate(key, "another")).rejects.toThrow();
    expect(await catalog.activate(key, fingerprint)).toMatch(/^eyJ/);
  });

  it("is refused without a license, with words to act on", async () => {
    const home = workDirectory();
    const { code, stderr } = await pipe(home, "premium-cpu");
    expect([code, placed(home)]).toEqual([1, []]);
    expect(stderr).toMatch(
      /Buy or renew: http:\/\/localhost:\d+\/plans.*Set RBEE_LICENSE_TOKEN.*\(CREDENTIAL_REQUIRED\)\n$/s,
    );
  });

  it("is refused when every machine of the license is in use, and once it is revoked", async () => {
    const home = workDirectory();
    const { id, key } = await catalog.issue("premium-trial");
    await catalog.activate(key, "first");
    const second = await pipe(home, "premium-cpu", { RBEE_LICENSE_TOKEN: key, RBEE_MACHINE: "second" });
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("(MACHINE_LIMIT_REACHED)")]);
    await catalog.admin("license", "revoke", id, "--reason", "test");
    const revoked = await pipe(home, "premium-cpu", { RBEE_LICENSE_TOKEN: key, RBEE_MACHINE: "second" });
    expect([revoked.code, revoked.stderr]).toEqual([1, expect.stringContaining("(LICENSE_REVOKED)")]);
    expect(placed(home)).toEqual([]);
    // Without a name, a free worker does not hide that the license was given in vain.
    const auto = await pipe(home, "", { RBEE_LICENSE_TOKEN: key, RBEE_MACHINE: "first" });
    expect([auto.code, placed(home), auto.stderr]).toEqual([0, [FREE], expect.stringContaining("(LICENSE_REVOKED)")]);
  });

  it("is taken without a name if the license covers it", async () => {
    const home = workDirectory();
    const env = { RBEE_LICENSE_KEY: catalog.licenseKey, RBEE_MACHINE: "auto" };
    expect([(await pipe(home, "", env)).code, placed(home)]).toEqual([0, [PREMIUM]]);
  });

  it("refuses a credential that could be more than one header", async () => {
    const { code, stderr } = await pipe(workDirectory(), "premium-cpu", { RBEE_LICENSE_TOKEN: "rbee_lic_a\r\nX: y" });
    expect([code, stderr]).toEqual([1, expect.stringContaining("neither a license key nor a license token")]);
  });

  it("does not send the license where nothing is encrypted", async () => {
    const elsewhere = catalog.url.replace("localhost", "0.0.0.0");
    const home = await homeWithScript(catalog, (script) =>
      script.replace(`CATALOG='${catalog.url}'`, `CATALOG='${elsewhere}'`),
    );
    const env = { RBEE_LICENSE_TOKEN: catalog.licenseKey };
    const { code, stderr } = await runAsUser(home, ["dash", "install.sh", "premium-cpu"], env);
    expect([code, stderr]).toEqual([1, expect.stringContaining("not encrypted")]);
  });
});
