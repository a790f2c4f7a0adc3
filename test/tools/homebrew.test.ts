import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Catalog } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/**
 * Runs the formulas with the real ruby and curl. Homebrew itself runs on macOS; homebrew-stub.rb stands in for the
 * parts that a formula uses, and follows Homebrew's sources.
 */
const ID = "llm-worker-rbee-premium-metal";
const STUB = join(import.meta.dirname, "../support/node/homebrew-stub.rb");

const Outcome = z.object({
  class: z.string().optional(),
  desc: z.string(),
  homepage: z.url(),
  url: z.url(),
  specs: z.record(z.string(), z.string()),
  strategy: z.string().nullable(),
  version: z.string(),
  sha256: z.string().optional(),
  license: z.string(),
  dependencies: z.array(z.unknown()),
  test: z.literal(true),
  error: z.string().nullable(),
  commands: z.array(z.array(z.string())),
  curls: z.array(z.array(z.string())),
});

describe.skipIf(!installed("ruby", "curl"))("the Homebrew formulas in real ruby", () => {
  let catalog: Catalog;
  let binary: Buffer;

  /** Evaluates a formula and installs it, as an ordinary user at home in `home`. */
  async function install(
    id: string,
    env: Record<string, string> = {},
    home = workDirectory(),
    alter = (formula: string) => formula,
  ) {
    const formula = await (await fetch(`${catalog.url}/homebrew/Formula/${id}.rb`)).text();
    const folder = workDirectory();
    writeFileSync(join(folder, "formula.rb"), alter(formula));
    writeFileSync(join(folder, "stub.rb"), readFileSync(STUB));
    const into = workDirectory();
    const command = ["ruby", "-W", join(folder, "stub.rb"), join(folder, "formula.rb"), into];
    const { code, stdout, stderr } = await runAsUser(home, command, env);
    if (code !== 0) throw new Error(stderr);
    expect(stderr).toBe("");
    return { outcome: Outcome.parse(JSON.parse(stdout)), file: join(into, "bin", id) };
  }

  const machinesOf = async (key: string): Promise<number> => {
    const answer = await fetch(`${catalog.url}/v1/licenses/me`, { headers: { Authorization: `Bearer ${key}` } });
    return z.object({ license: z.object({ machines: z.array(z.unknown()) }) }).parse(await answer.json()).license
      .machines.length;
  };

  beforeAll(async () => {
    catalog = await sharedCatalog();
    const folder = join(catalog.folder, "for-homebrew");
    mkdirSync(folder);
    binary = Buffer.from("#!/bin/sh\necho a worker\n");
    writeFileSync(join(folder, `${ID}-macos-aarch64`), binary);
    await catalog.publish(ID, "1.2.0", [join(folder, `${ID}-macos-aarch64`)]);
  });

  it("are valid, whatever is in them", async () => {
    const directory = workDirectory();
    for (const id of [ID, "llm-worker-rbee-metal"]) {
      writeFileSync(join(directory, "f.rb"), await (await fetch(`${catalog.url}/homebrew/Formula/${id}.rb`)).text());
      const run = await runAsUser(directory, ["ruby", "-W", "-c", "f.rb"]);
      expect(run).toEqual({ code: 0, stdout: "Syntax OK\n", stderr: "" });
    }
  });

  it("build a free worker without a binary from its source, with the submodules that it needs", async () => {
    const { outcome, file } = await install("llm-worker-rbee-metal");
    expect(outcome).toMatchObject({
      class: "LlmWorkerRbeeMetal",
      url: "https://github.com/rbee-keeper/rbee.git",
      specs: { branch: "development" },
      strategy: "RbeeSourceDownloadStrategy",
      version: "0.1.0",
      license: "GPL-3.0-or-later",
      dependencies: [{ rust: "build" }, { arch: "arm64" }, "macos"],
    });
    const [candle = [], rocm = [], cargo = []] = outcome.commands;
    const https = ["-c", "url.https://github.com/.insteadOf=git@github.com:"];
    const update = ["git", ...https, "submodule", "update", "--init", "--depth", "1"];
    expect([candle, rocm]).toEqual([
      [...update, "deps/candle"],
      [...update, "deps/rocm-rs"],
    ]);
    const build = ["-p", "llm-worker-rbee", "--no-default-features", "--features", "metal", "--bin"];
    expect(cargo).toEqual(expect.arrayContaining(["cargo", "build", "release", ...build, "llm-worker-rbee-metal"]));
    expect(existsSync(file)).toBe(true);
  });

  it("go on with an empty crate if rocm-rs is not public, because only ROCm compiles it", async () => {
    const { outcome, file } = await install("llm-worker-rbee-metal", { FAILING: "deps/rocm-rs" });
    expect(outcome.error).toBe(null);
    expect(readFileSync(join(dirname(file), "../deps/rocm-rs/Cargo.toml"), "utf8")).toBe(
      '[package]\nname = "rocm-rs"\nversion = "0.0.0"\nedition = "2021"\n',
    );
    expect(existsSync(join(dirname(file), "../deps/rocm-rs/src/lib.rs"))).toBe(true);
  });

  it("take HOMEBREW_RBEE_LICENSE_KEY for the same, and remove what a copy has gained", async () => {
    const { key } = await catalog.issue("premium-trial");
    for (const env of [
      { HOMEBREW_RBEE_LICENSE_KEY: `\uFEFF"${key}"\r\n` },
      { HOMEBREW_RBEE_LICENSE_TOKEN: `${key.slice(0, 20)}-${key.slice(20)}\u00A0` },
    ]) {
      const named: Record<string, string> = { HOMEBREW_RBEE_MACHINE: "my-mac", ...env };
      expect((await install(ID, named)).outcome.error).toBe(null);
    }
  });

  it("install a premium worker for who has the key, on one seat however often", async () => {
    const { key } = await catalog.issue("premium-trial");
    const home = workDirectory();
    const { outcome, file } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key }, home);
    expect(outcome).toMatchObject({
      class: "LlmWorkerRbeePremiumMetal",
      url: `${catalog.url}/v1/workers/${ID}/1.2.0/files/${ID}-macos-aarch64`,
      strategy: "RbeeLicensedDownloadStrategy",
      version: "1.2.0",
      sha256: createHash("sha256").update(binary).digest("hex"),
      license: "cannot_represent",
      error: null,
    });
    expect(readFileSync(file)).toEqual(binary);
    expect(readdirSync(join(home, ".config/rbee"))).toEqual(["machine-id"]);
    expect((await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key }, home)).outcome.error).toBe(null);
    expect(await machinesOf(key)).toBe(1);
  });

  it("take one seat for several runs at once that make the machine's id", async () => {
    const { key } = await catalog.issue("premium-trial");
    const home = workDirectory();
    // The XDG specification ignores a relative folder.
    const env = { HOMEBREW_RBEE_LICENSE_TOKEN: key, HOMEBREW_XDG_CONFIG_HOME: "elsewhere" };
    const runs = await Promise.all(Array.from({ length: 4 }, () => install(ID, env, home)));
    expect(runs.map(({ outcome }) => outcome.error)).toEqual([null, null, null, null]);
    expect(readdirSync(join(home, ".config/rbee"))).toEqual(["machine-id"]);
    expect(await machinesOf(key)).toBe(1);
  });

  it("send no machine of a file without an id, because other machines could have the same text", async () => {
    const { key } = await catalog.issue("premium-trial");
    const home = workDirectory();
    mkdirSync(join(home, ".config/rbee"), { recursive: true });
    writeFileSync(join(home, ".config/rbee/machine-id"), "");
    const { outcome } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key }, home);
    expect(outcome.error).toContain(".config/rbee/machine-id holds no machine id. Remove it, then try again.");
    expect(await machinesOf(key)).toBe(0);
  });

  it("take a token, and the fingerprint that they are told", async () => {
    const { key } = await catalog.issue("premium-trial");
    const token = await catalog.activate(key, "my-mac");
    expect((await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: token })).outcome.error).toBe(null);
    const env = { HOMEBREW_RBEE_LICENSE_TOKEN: key, HOMEBREW_RBEE_MACHINE: "my-mac" };
    expect((await install(ID, env)).outcome.error).toBe(null);
    expect(await machinesOf(key)).toBe(1);
  });

  it("never put the license on a command line, and show it to nobody but the catalog", async () => {
    const { key } = await catalog.issue("premium-trial");
    const { outcome } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key });
    const [asked = [], fetched = []] = outcome.curls;
    expect(JSON.stringify(outcome)).not.toContain(key);
    expect(asked.find((argument) => argument.startsWith("@"))).toBeDefined();
    // What is fetched is the signed link.
    expect(fetched.at(-1)).toContain("/dl/");
    expect(fetched.some((argument) => argument.startsWith("@"))).toBe(false);
  });

  it("ask the catalog for a new link at every attempt, for one lives five minutes", async () => {
    const { key } = await catalog.issue("premium-trial");
    const { outcome } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key, ATTEMPTS: "2" });
    const licensed = outcome.curls.map((command) => command.some((argument) => argument.startsWith("@")));
    expect(licensed).toEqual([true, false, true, false]);
  });

  it.runIf(installed("minisign")).each([
    [
      "another version",
      (text: string) => text.replace('"version" => "1.2.0"', '"version" => "1.2.1"'),
      "version: 1.2.0",
    ],
    ["another worker", (text: string) => text.replace(`"worker" => "${ID}"`, '"worker" => "other"'), `worker: ${ID}`],
    ["another file", (text: string) => text.replace('"file" => "', '"file" => "x'), "file: "],
    ["another text", (text: string) => text.replace("\tversion:1.2.0", "\tversion:1.2.1"), "what its publisher signed"],
  ])("refuse a binary whose signature is for %s", async (_, alter, words) => {
    const { key } = await catalog.issue("premium-trial");
    const { outcome, file } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: key }, workDirectory(), alter);
    expect(outcome.error).toContain(words);
    expect(outcome.dependencies).toContainEqual({ minisign: "build" });
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [
      "there is no license",
      async () => "",
      /\nLicenses: https?:.*\nSet HOMEBREW_RBEE_LICENSE_TOKEN to.*\n.*needs a license.*$/,
    ],
    [
      "the key is mistyped",
      async () => "rbee_lic_mistyped",
      /\nSet HOMEBREW_RBEE_LICENSE_TOKEN to the license key.*\n.+$/,
    ],
    [
      "the license is revoked",
      async () => {
        const { id, key } = await catalog.issue("premium-trial");
        await catalog.admin("license", "revoke", id, "--reason", "a test");
        return key;
      },
      /^(?!.*Set HOMEBREW).*no longer opens anything.*$/s,
    ],
    [
      "all of its machines are in use",
      async () => {
        const { key } = await catalog.issue("premium-trial");
        await catalog.activate(key, "another machine");
        return key;
      },
      /\nFree a seat: remove a machine at http:\/\/localhost:\d+\/account\.\n.*machines of this license are in use.*$/,
    ],
  ])("say what to do when %s", async (_, credential, words) => {
    const { outcome, file } = await install(ID, { HOMEBREW_RBEE_LICENSE_TOKEN: await credential() });
    expect(outcome.error).toMatch(words);
    expect(existsSync(file)).toBe(false);
  });
});
