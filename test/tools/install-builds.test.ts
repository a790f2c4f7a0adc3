import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rbeeCatalog } from "../end-to-end/program-run.ts";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import {
  downloadRanges,
  pipeToShell,
  placed,
  readWorker,
  scriptRuns,
  workersOf,
} from "../support/node/install-script.ts";
import { PLAIN_ENVIRONMENT, type Run, workDirectory } from "../support/node/ordinary-user.ts";

/** install.sh and `rbee-catalog install` where a version has several builds, on machines that differ. */
const CPU = "llm-worker-rbee-cpu";
const CUDA = "llm-worker-rbee-cuda";
const IMAGES = "sd-worker-rbee-cpu";
const TOOLKITS = ["12.4", "13.0"] as const;
let catalog: RunningCatalog;

/** A build that prints its name. */
const program = (name: string): string => `#!/bin/sh\necho ${name}\n`;
const buildOf = (toolkit: string): string => `${CUDA}-cuda${toolkit}-linux-x86_64`;

function file(name: string, text: string, requires?: object): string {
  const path = join(workDirectory(), name);
  writeFileSync(path, text);
  if (requires) writeFileSync(`${path}.requires.json`, JSON.stringify(requires));
  return path;
}

beforeAll(async () => {
  if (!scriptRuns) return;
  catalog = await startCatalog();
  const builds = TOOLKITS.map((min) => file(buildOf(min), program(buildOf(min)), { cuda: { min } }));
  await catalog.publish(CUDA, "1.0.0", builds);
  await catalog.publish(IMAGES, "1.0.0", [file(`${IMAGES}-linux-x86_64`, program(IMAGES))]);
});
afterAll(() => catalog?.stop());

/** The PATH of a machine with these programs before the system's own. */
function machineWith(programs: Readonly<Record<string, string>>): { PATH: string } {
  const bin = workDirectory();
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return { PATH: `${bin}:${PLAIN_ENVIRONMENT.PATH}` };
}

/** The tool of a driver (its numbers are of NVIDIA's table of minimum drivers). */
const driver = (version: string, cuda: string) => ({
  "nvidia-smi": `case "$*" in *compute_cap*) echo 'NVIDIA GeForce RTX 3060, ${version}, 8.6, 12288 MiB' ;; *) echo '| CUDA Version: ${cuda} |' ;; esac`,
});

const pipe = (home: string, args: string, env: Record<string, string> = {}): Promise<Run> =>
  pipeToShell(catalog, home, args, env);

const command = (home: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
  rbeeCatalog([...args], {
    ...{ HOME: home, DEV_DIR: home, XDG_CONFIG_HOME: join(home, "config"), XDG_CACHE_HOME: join(home, ".cache") },
    ...{ RBEE_CATALOG_URL: catalog.url, ...env, PATH: `${env["PATH"] ?? ""}:${process.env["PATH"]}` },
  });

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

describe.runIf(scriptRuns)("a machine", () => {
  it.each([
    ["with a driver for CUDA 12", driver("535.183.01", "12.2"), CUDA, buildOf("12.4")],
    ["with a driver for CUDA 13", driver("580.126.09", "13.0"), CUDA, buildOf("13.0")],
    ["without a GPU", {}, CPU, null],
  ])("%s gets the build for it, by the script and by the command", async (_, programs, worker, build) => {
    const machine = machineWith(programs);
    const [home, other] = [workDirectory(), workDirectory()];
    const [byScript, byCommand] = [await pipe(home, "", machine), await command(other, ["install"], machine)];
    expect([byScript.code, byScript.stdout]).toEqual([0, expect.stringContaining(`Installed ${worker}`)]);
    expect([byCommand.code, byCommand.stdout]).toEqual([0, expect.stringContaining(`Installed ${worker}`)]);
    expect(readWorker(other, worker)).toEqual(readWorker(home, worker));
    if (build !== null) expect(readWorker(home, worker).toString()).toBe(program(build));
    for (const { stderr } of [byScript, byCommand])
      expect(stderr).toMatch(/Chose llm-worker-rbee-.*\n.*It starts here: /s);
  });

  it("whose driver is too old for every build is told so, and gets the CPU worker", async () => {
    const machine = machineWith(driver("470.182.03", "11.4"));
    const home = workDirectory();
    const auto = await pipe(home, "--explain", machine);
    expect([auto.code, placed(home)]).toEqual([0, [CPU]]);
    expect(auto.stderr).toMatch(/not llm-worker-rbee-cuda-cuda13\.0-linux-x86_64: .*470\.182\.03.*\(DRIVER_TOO_OLD\)/);
    const named = await pipe(workDirectory(), "cuda", machine);
    expect([named.code, lastLine(named.stderr)]).toEqual([
      1,
      expect.stringMatching(/470\.182\.03 is too old.*\(DRIVER_TOO_OLD\)$/),
    ]);
    const again = await command(workDirectory(), ["install", "cuda"], machine);
    expect([again.code, lastLine(again.stderr)]).toEqual([1, expect.stringMatching(/470\.182\.03 is too old/)]);
  });

  it("whose driver was updated under the kernel is not taken for one without a GPU", async () => {
    const failed = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
    const machine = machineWith({ "nvidia-smi": `echo "${failed}"\nexit 9` });
    const home = workDirectory();
    const run = await pipe(home, "", machine);
    expect([run.code, placed(home)]).toEqual([0, [CPU]]);
    expect(run.stderr).toMatch(
      /Not known of this machine: its NVIDIA GPU, because nvidia-smi failed: NVIDIA-SMI has failed/,
    );
    expect(run.stderr).toMatch(/not llm-worker-rbee-cuda.*\(UNTRIED\)/);
  });

  it.each([
    [
      "has musl",
      { getconf: '[ "$1" = LONG_BIT ] && echo 64 || exit 1', ldd: "echo 'musl libc (x86_64)' >&2; exit 1" },
      /musl.*\(LIBC_MISMATCH\)$/,
    ],
    [
      "has 32-bit libraries",
      { getconf: "[ \"$1\" = LONG_BIT ] && echo 32 || echo 'glibc 2.31'" },
      /32-bit.*\(USERLAND_32_BIT\)$/,
    ],
  ])("that %s is told so before a download", async (_, programs, reason) => {
    const home = workDirectory();
    catalog.proxy.log.length = 0;
    const run = await pipe(home, "cpu", machineWith(programs));
    expect([run.code, lastLine(run.stderr), placed(home)]).toEqual([1, expect.stringMatching(reason), []]);
    expect(downloadRanges(catalog)).toEqual([]);
  });
});

describe.runIf(scriptRuns)("the first start of a worker", () => {
  let versions = 0;
  it.each([
    [
      "that fails is told with its words",
      "echo 'cannot open\x1b[31m libcuda' >&2\nexit 3",
      "ended with status 3. cannot open?[31m libcuda",
    ],
    ["that cannot be started is told", "exit 127", "It cannot start yet:"],
    ["that lacks an instruction is told", "kill -ILL $$", "this processor lacks an instruction"],
    ["that prints its version is shown", "echo worker 9.9.9", "It starts here: worker 9.9.9"],
  ])("%s", async (name, body, words) => {
    const version = `0.9.0-alpha.${++versions}`;
    await catalog.publish(CPU, version, [file(`${CPU}-linux-x86_64`, `#!/bin/sh\n# ${name}\n${body}\n`)]);
    const home = workDirectory();
    const run = await pipe(home, `cpu --version ${version}`, { RBEE_LICENSE_KEY: catalog.licenseKey });
    expect([run.code, lastLine(run.stderr)]).toEqual([0, expect.stringContaining(words)]);
    const other = await command(workDirectory(), ["install", "cpu", "--version", version]);
    expect([other.code, other.stderr]).toEqual([0, expect.stringContaining(words)]);
  });

  it("is not tried with a file that is no program, because a shell would run its lines", async () => {
    const home = workDirectory();
    await catalog.publish(CPU, "0.9.0-alpha.99", [file(`${CPU}-linux-x86_64`, `echo started >'${home}/started'\n`)]);
    const run = await pipe(home, "cpu --version 0.9.0-alpha.99");
    expect([run.code, lastLine(run.stderr)]).toEqual([0, expect.stringContaining("It was not tried out")]);
    expect(existsSync(join(home, "started"))).toBe(false);
  });

  it("gets no license", async () => {
    await catalog.publish(CPU, "0.9.0-alpha.98", [
      file(`${CPU}-linux-x86_64`, "#!/bin/sh\nenv | grep -c RBEE_LICENSE\n"),
    ]);
    const env = { RBEE_LICENSE_KEY: catalog.licenseKey, RBEE_LICENSE_TOKEN: catalog.licenseKey };
    const run = await pipe(workDirectory(), "cpu --version 0.9.0-alpha.98", env);
    expect(lastLine(run.stderr)).toMatch(/ 0$/);
    const other = await command(workDirectory(), ["install", "cpu", "--version", "0.9.0-alpha.98"], env);
    expect(lastLine(other.stderr)).toMatch(/ 0$/);
  });
});

describe.runIf(scriptRuns)("a worker of another family", () => {
  it("is installed by its variant, and uninstalled by variant and by id", async () => {
    const home = workDirectory();
    for (const name of ["sd-cpu", IMAGES]) {
      expect((await pipe(home, "sd-cpu")).stdout).toBe(`Installed ${IMAGES} 1.0.0: ${workersOf(home)}/${IMAGES}\n`);
      expect((await pipe(home, `--uninstall ${name}`)).stdout).toBe(`Removed ${workersOf(home)}/${IMAGES}\n`);
      expect(readdirSync(workersOf(home))).toEqual([]);
    }
  });

  it("is installed from a file with a plus in its name, also by a second link", async () => {
    const name = `${IMAGES}+a-linux-x86_64`;
    await catalog.publish(IMAGES, "1.1.0-alpha.1", [file(name, `${program(IMAGES)}${"# a line\n".repeat(4000)}`)]);
    // The first link leads nowhere, so the script asks for another one.
    let broken = 1;
    const rewrite = (text: string) => text.replace(/(?<="download_url":"[^"]+\/)dl/, "no");
    catalog.proxy.fate = (_method, path) => (path.includes("/download?") && broken-- > 0 ? { rewrite } : "pass");
    const run = await pipe(workDirectory(), "sd-cpu --version 1.1.0-alpha.1");
    catalog.proxy.fate = () => "pass";
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining(`It starts here: ${IMAGES}`)]);
    expect(broken).toBeLessThan(0);
  });

  it.each([
    ["another worker", "/resolve", IMAGES, CPU, `answered for ${CPU} instead of sd-cpu`],
    [
      "another file",
      "/download",
      `${IMAGES}-linux`,
      `${IMAGES}-old-linux`,
      `answered with ${IMAGES}-old-linux-x86_64 instead`,
    ],
  ])("is refused if the catalog answers for %s", async (_, operation, right, wrong, words) => {
    const rewrite = (text: string) => text.replaceAll(`":"${right}`, `":"${wrong}`);
    catalog.proxy.fate = (_method, path) => (path.split("?")[0]?.endsWith(operation) ? { rewrite } : "pass");
    const run = await pipe(workDirectory(), "sd-cpu");
    catalog.proxy.fate = () => "pass";
    expect([run.code, lastLine(run.stderr)]).toEqual([1, expect.stringContaining(words)]);
  });

  it("may be named by its family", async () => {
    const home = workDirectory();
    const run = await command(home, ["install", "sd-worker-rbee"]);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining(`Installed ${IMAGES} 1.0.0`)]);
  });
});
