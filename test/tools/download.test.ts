import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
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
  startAndStall,
  workersOf,
} from "../support/node/install-script.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/** Downloads by curl, aria2 and the install script over connections that break, alter bytes, or meet a refusal. */
const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const FILE = `${PREMIUM}-linux-x86_64`;
const VERSION = "1.1.0";
const MiB = 1024 * 1024;

let catalog: RunningCatalog;
/** A release that is large enough to be fetched in several parts at once. */
const binary = randomBytes(5 * MiB);
const SHA256 = createHash("sha256").update(binary).digest("hex");
const address = (file = FILE): string => `${catalog.url}/v1/workers/${PREMIUM}/${VERSION}/files/${file}`;

beforeAll(async () => {
  catalog = await startCatalog();
  const path = join(workDirectory(), FILE);
  writeFileSync(path, binary);
  await catalog.publish(PREMIUM, VERSION, [path]);
});

afterAll(() => catalog?.stop());

beforeEach(() => {
  catalog.proxy.fate = () => "pass";
  catalog.proxy.log.length = 0;
});

/** A home directory with this credential in .netrc, for curl and aria2. */
async function homeWithNetrc(machine: string, key: string): Promise<string> {
  const home = workDirectory();
  const netrc = `machine localhost login ${machine} password ${key}\n`;
  await runAsUser(home, ["sh", "-c", 'umask 077; printf %s "$0" >.netrc', netrc]);
  return home;
}

const curl = (home: string, ...options: string[]): Promise<Run> =>
  runAsUser(home, ["curl", "-sSLO", "--netrc-optional", "--fail-with-body", ...options]);
const aria2 = (home: string, ...options: string[]): Promise<Run> =>
  runAsUser(home, [
    "aria2c",
    "-c",
    "-x4",
    "-s4",
    "-k1M",
    "--max-tries=1",
    "--summary-interval=0",
    ...options,
    address(),
  ]);

describe.skipIf(!installed("curl", "minisign"))("curl", () => {
  it("resumes in mid-file, through the redirect, with the key in ~/.netrc", async () => {
    const home = await homeWithNetrc("curl", catalog.licenseKey);
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? { cutAfter: MiB } : "pass");
    expect((await curl(home, address())).code).toBe(18);
    catalog.proxy.fate = () => "pass";
    expect((await curl(home, "-C", "-", address())).code).toBe(0);
    expect(downloadRanges(catalog)).toEqual(["", `bytes=${MiB}-`]);
    expect(readFileSync(join(home, FILE))).toEqual(binary);
    // What is whole is not fetched again: 416 says so.
    expect((await curl(home, "-C", "-", address())).code).toBe(22);
    expect(readFileSync(join(home, FILE))).toEqual(binary);
  });

  it("says why it is refused", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    await catalog.activate(key, "first");
    const refusal = async (home: string): Promise<string> => {
      const { code, stdout } = await runAsUser(home, [
        "curl",
        "-sL",
        "--netrc-optional",
        "--fail-with-body",
        address(),
      ]);
      expect(code).toBe(22);
      return JSON.parse(stdout).code;
    };
    expect(await refusal(workDirectory())).toBe("CREDENTIAL_REQUIRED");
    expect(await refusal(await homeWithNetrc("second", key))).toBe("MACHINE_LIMIT_REACHED");
    await catalog.admin("license", "revoke", id, "--reason", "test");
    expect(await refusal(await homeWithNetrc("second", key))).toBe("LICENSE_REVOKED");
  });

  it("brings what sha256sum and minisign find out to be altered", async () => {
    const home = await homeWithNetrc("curl", catalog.licenseKey);
    expect((await curl(home, address(`${FILE}.minisig`))).code).toBe(0);
    expect((await curl(home, `${catalog.url}/keys/release-signing.pub`)).code).toBe(0);
    const verify = () => runAsUser(home, ["minisign", "-V", "-p", "release-signing.pub", "-m", FILE]);
    expect((await curl(home, address())).code).toBe(0);
    expect((await verify()).code).toBe(0);
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? "alter" : "pass");
    expect((await curl(home, address())).code).toBe(0);
    expect((await verify()).code).toBe(1);
    expect((await runAsUser(home, ["sh", "-c", `echo "${SHA256}  ${FILE}" | sha256sum -c`])).code).toBe(1);
  });
});

describe.skipIf(!installed("aria2c"))("aria2", () => {
  it("fetches parts at once through the redirect, with the key in ~/.netrc", async () => {
    const home = await homeWithNetrc("aria2", catalog.licenseKey);
    const laterParts = () => downloadRanges(catalog).filter((range) => /^bytes=[1-9]/.test(range)).length;
    const atOnce = Promise.withResolvers<void>();
    // No part has a byte before several are asked for, however slowly aria2 begins.
    catalog.proxy.fate = (_method, path) => {
      if (!isDownload(path)) return "pass";
      if (laterParts() > 1) atOnce.resolve();
      return { bodyAfter: atOnce.promise };
    };
    expect((await aria2(home)).code).toBe(0);
    expect(laterParts()).toBeGreaterThan(1);
    expect(readFileSync(join(home, FILE)).equals(binary)).toBe(true);
  });

  it("resumes in mid-file", async () => {
    const home = await homeWithNetrc("aria2", catalog.licenseKey);
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? { cutAfter: 2 * MiB } : "pass");
    expect((await aria2(home, "-s1")).code).not.toBe(0);
    catalog.proxy.fate = () => "pass";
    expect((await aria2(home, "-s1")).code).toBe(0);
    expect(downloadRanges(catalog).at(-1)).toBe(`bytes=${2 * MiB}-${5 * MiB - 1}`);
    expect(readFileSync(join(home, FILE)).equals(binary)).toBe(true);
  });

  it("is refused without a license, by a full one and by a revoked one", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    await catalog.activate(key, "first");
    const refusal = async (home: string): Promise<string | undefined> => {
      const { code, stdout } = await aria2(home);
      expect([code === 0, existsSync(join(home, FILE))]).toEqual([false, false]);
      return /status=(\d+)|(Authorization failed)/.exec(stdout)?.slice(1).join("");
    };
    expect(await refusal(workDirectory())).toBe("Authorization failed");
    expect(await refusal(await homeWithNetrc("second", key))).toBe("409");
    await catalog.admin("license", "revoke", id, "--reason", "test");
    expect(await refusal(await homeWithNetrc("second", key))).toBe("403");
  });

  it("refuses an altered file by its checksum", async () => {
    const home = await homeWithNetrc("aria2", catalog.licenseKey);
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? "alter" : "pass");
    expect((await aria2(home, `--checksum=sha-256=${SHA256}`)).code).toBe(32);
  });
});
describe.runIf(scriptRuns)("the install script, over a line that breaks", () => {
  it("asks for nothing but the rest of the file", async () => {
    const home = workDirectory();
    catalog.proxy.log.length = 0;
    let breaks = 0;
    catalog.proxy.fate = (_method, path) => (isDownload(path) && breaks++ < 2 ? { cutAfter: CUT } : "pass");
    expect((await pipeToShell(catalog, home, "cpu")).code).toBe(0);
    expect(downloadRanges(catalog)).toEqual(["", `bytes=${CUT}-`, `bytes=${2 * CUT}-`]);
    expect(readWorker(home, FREE)).toEqual(sampleOf(catalog, FREE));
  });

  it("leaves nothing installed when the script is killed, and the next run goes on", async () => {
    const home = await homeWithScript(catalog);
    const { pid, exited } = await startAndStall(catalog, home);
    process.kill(pid, "SIGKILL");
    await exited;
    expect(placed(home)).toEqual([expect.stringMatching(new RegExp(`^${FREE}-[0-9a-f]{64}\\.${pid}\\.\\w+\\.part$`))]);

    catalog.proxy.fate = () => "pass";
    catalog.proxy.log.length = 0;
    expect((await pipeToShell(catalog, home, "cpu")).code).toBe(0);
    expect(downloadRanges(catalog)).toEqual([`bytes=${CUT}-`]);
    expect([placed(home), readWorker(home, FREE)]).toEqual([[FREE], sampleOf(catalog, FREE)]);
    // The curl that outlived its shell.
    process.kill(-pid, "SIGKILL");
  });

  it("leaves no scratch files when the script is interrupted", async () => {
    const home = await homeWithScript(catalog);
    const { pid, scratch, exited } = await startAndStall(catalog, home);
    expect(readdirSync(scratch)).toHaveLength(1);
    process.kill(-pid, "SIGINT");
    await exited;
    expect([readdirSync(scratch), existsSync(join(workersOf(home), FREE))]).toEqual([[], false]);
  });

  it("does not mix runs at the same time", async () => {
    const home = workDirectory();
    let breaks = 0;
    catalog.proxy.fate = (_method, path) => (isDownload(path) && breaks++ < 6 ? { cutAfter: 5000 } : "pass");
    const runs = await Promise.all([1, 2, 3].map(() => pipeToShell(catalog, home, "cpu")));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect([placed(home), readWorker(home, FREE)]).toEqual([[FREE], sampleOf(catalog, FREE)]);
  });
});

describe.runIf(scriptRuns)("the install script, given a file that is not what was published", () => {
  /** A home where a worker is installed that must survive. */
  async function homeWithWorker(alter?: (script: string) => string): Promise<string> {
    const home = await homeWithScript(catalog, alter);
    await runAsUser(home, ["sh", "-c", `mkdir -p .cache/rbee/workers && echo working >.cache/rbee/workers/${FREE}`]);
    return home;
  }

  const expectRefusal = async (home: string, reason: RegExp): Promise<void> => {
    const { code, stderr } = await runAsUser(home, ["dash", "install.sh", "cpu"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect([placed(home), readWorker(home, FREE).toString()]).toEqual([[FREE], "working\n"]);
  };

  it("is refused by its sha256", async () => {
    const home = await homeWithWorker();
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? "alter" : "pass");
    await expectRefusal(home, /was not installed: its sha256 is/);
  });

  it("is refused when another key has signed it", async () => {
    const other = encodeMinisignPublicKey(await generateMinisignKey());
    const home = await homeWithWorker((script) => script.replace(/^RELEASE_KEYS=.*$/m, `RELEASE_KEYS='${other}'`));
    await expectRefusal(home, /was not installed: its signature is not by a release signing key/);
  });

  it("is refused when it is an old one, offered as a new one", async () => {
    const home = await homeWithWorker();
    const rewrite = (text: string) => text.replaceAll('"version":"0.1.0"', '"version":"0.2.0"');
    catalog.proxy.fate = (_method, path) =>
      /\/download\?|\/resolve$/.test(path) ? { rewrite, at: path.replace("/0.2.0/", "/0.1.0/") } : "pass";
    await expectRefusal(home, /was not installed: its signature was made for version 0\.1\.0/);
  });

  it("is not looked for where an answer leads out of the folder, or to a file of this machine", async () => {
    const home = await homeWithWorker();
    // As long as the bytes they replace, so that the answer keeps its length.
    const file = (url: string): string => `file://${"etc/hostname".padStart(url.length - "file://".length, "/")}`;
    for (const [wanted, given, reason] of [
      [FREE, () => `../../${FREE.slice(6)}`, /sent an unexpected answer/],
      [FREE, () => `${FREE.slice(3)}\n/.`, /sent an unexpected answer/],
      [/(?<="signature_url":")[^"]*/, file, /sent a link that is not encrypted/],
    ] as const) {
      catalog.proxy.fate = (_method, path) =>
        path.includes("/download?") ? { rewrite: (text) => text.replace(wanted, given) } : "pass";
      await expectRefusal(home, reason);
    }
  });

  it("is found by size and sha256 where minisign is missing, which is said", async () => {
    const home = workDirectory();
    const bin = join(home, "bin");
    mkdirSync(bin);
    for (const tool of [
      "cat",
      "chmod",
      "cp",
      "curl",
      "cut",
      "grep",
      "mkdir",
      "mktemp",
      "mv",
      "rm",
      "sed",
      "tr",
      "uname",
      "wc",
    ]) {
      symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    }
    symlinkSync("/usr/bin/openssl", join(bin, "openssl"));
    writeFileSync(join(home, "install.sh"), await (await fetch(`${catalog.url}/install.sh`)).text());
    const install = () => runAsUser(home, ["/bin/dash", "install.sh", "cpu"], { PATH: bin });
    catalog.proxy.fate = (_method, path) => (isDownload(path) ? "alter" : "pass");
    expect(await install()).toMatchObject({ code: 1, stderr: expect.stringContaining("its sha256 is") });
    catalog.proxy.fate = () => "pass";
    expect(await install()).toMatchObject({ code: 0, stderr: expect.stringContaining("minisign is not installed") });
    expect(readWorker(home, FREE)).toEqual(sampleOf(catalog, FREE));
  });
});
