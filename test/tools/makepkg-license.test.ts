import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rbeeCatalog } from "../end-to-end/program-run.ts";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { makepkgMissing, recipePath } from "../support/node/makepkg.ts";
import { type Run, workDirectory } from "../support/node/ordinary-user.ts";
import { CONFINED_CURL, OLD_CURL, programs } from "../support/node/programs.ts";
import { byHive, byMakepkg, type RecipeRun } from "../support/node/recipe-run.ts";

/** The license of a premium recipe, and the words of its refusals, as makepkg and a hive show them. */
const ID = "llm-worker-rbee-premium-cpu";
const MACHINE = "the-test's-machine";

let catalog: RunningCatalog;
let sample: Buffer;
let token = "";

beforeAll(async () => {
  catalog = await startCatalog();
  sample = readFileSync(join(catalog.folder, `${ID}-linux-x86_64`));
  token = await catalog.activate(catalog.licenseKey, MACHINE);
});

afterAll(() => catalog?.stop());

beforeEach(() => {
  catalog.proxy.fate = () => "pass";
});

/** A directory in which an ordinary user has put the recipe, by default the one that the catalog serves now. */
async function recipeDirectory(pkgbuild?: string): Promise<string> {
  const directory = workDirectory();
  const served = async () => (await fetch(`${catalog.url}/workers/${ID}/PKGBUILD`)).text();
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild ?? (await served()));
  return directory;
}

const installed = (directory: string): string => join(directory, "pkg", ID, "usr/local/bin", ID);

function licensed(recipeRun: RecipeRun): void {
  const install = (directory: string, env: Record<string, string>): Promise<Run> =>
    recipeRun(directory, readFileSync(join(directory, "PKGBUILD"), "utf8"), env);

  /** Nothing was installed, a person reads these words, and the recipe's last line is the reason with its code. */
  async function refuses(env: Record<string, string>, code: string, ...words: string[]): Promise<void> {
    const directory = await recipeDirectory();
    const run = await install(directory, env);
    expect(run.code).not.toBe(0);
    for (const text of words) expect(run.stderr).toContain(text);
    const last = run.stderr.split("\n").findLast((line) => line.startsWith("rbee: "));
    expect(last).toMatch(new RegExp(`^rbee: ${ID} 1\\.0\\.0 was not downloaded\\. .* \\(${code}\\)$`));
    if (!/^(CREDENTIAL_REQUIRED|KEY_|TOKEN_)/.test(code)) expect(run.stderr).not.toContain("RBEE_LICENSE_");
    expect(existsSync(installed(directory))).toBe(false);
  }

  it("installs with a key alone, as the machine that other tools of rbee know", async () => {
    const directory = await recipeDirectory();
    const { key } = await catalog.issue("premium-trial");
    // For a machine without a system id.
    const folder = join(directory, ".config/rbee");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "machine-id"), `${"0123456789abcdef".repeat(2)}\n`);
    const run = await install(directory, { RBEE_LICENSE_TOKEN: key });
    expect(run.code, run.stderr).toBe(0);
    expect(`${run.stdout}${run.stderr}`).not.toContain(key);
    // The license is for one machine.
    const hive = { RBEE_CATALOG_URL: catalog.url, RBEE_LICENSE_KEY: key, XDG_CONFIG_HOME: join(directory, ".config") };
    const activated = await rbeeCatalog(["activate"], { ...hive, DEV_DIR: directory, RBEE_MACHINE: "" });
    expect(activated.code, activated.stderr).toBe(0);

    const another = { RBEE_LICENSE_TOKEN: key, RBEE_MACHINE: "another" };
    const remedy = `Free a seat: remove a machine at ${catalog.url}/account, or run 'rbee-catalog deactivate' on it.`;
    await refuses(another, "MACHINE_LIMIT_REACHED", "Machine limit reached.", remedy);
  });

  it("tells what to do without a license, with a key that is not one, and with another machine's token", async () => {
    const sold = "Licenses are sold at http://localhost:";
    const set = "Set RBEE_LICENSE_TOKEN (or RBEE_LICENSE_KEY) to";
    await refuses({}, "CREDENTIAL_REQUIRED", "Credential required.", `${ID} needs a license`, sold, set);
    await refuses({ RBEE_LICENSE_TOKEN: "rbee_lic_guess" }, "KEY_INVALID", "This is not a license key.", set);
    const elsewhere = { RBEE_LICENSE_TOKEN: token, RBEE_MACHINE: "another" };
    const takes = "With the license key instead, this machine takes a seat of its own.";
    await refuses(elsewhere, "MACHINE_MISMATCH", "Token belongs to another machine.", takes);
  });

  it("takes RBEE_LICENSE_KEY for the same, and removes what a copy has gained", async () => {
    const { key } = await catalog.issue("premium-trial");
    for (const env of [
      { RBEE_LICENSE_KEY: `\uFEFF"${key}"\r\n` },
      { RBEE_LICENSE_TOKEN: ` \u200B${key.slice(0, 20)}-${key.slice(20)}\u00A0` },
      { RBEE_LICENSE_KEY: key, RBEE_LICENSE_TOKEN: "rbee_lic_older" },
      { RBEE_LICENSE_TOKEN: `'${token}'\n`, RBEE_MACHINE: MACHINE },
    ]) {
      const directory = await recipeDirectory();
      const run = await install(directory, { RBEE_MACHINE: "one", ...env });
      expect(run.code, run.stderr).toBe(0);
      expect(readFileSync(installed(directory))).toEqual(sample);
    }
  });

  it("sends the license with a curl before 7.55, and a machine's name as it is", async () => {
    const { key } = await catalog.issue("premium-trial");
    const names = ['one "\\Gerät" $x', 'one "\\Gerät" $x\n'];
    for (const RBEE_MACHINE of names) {
      const directory = await recipeDirectory();
      const env = { ...programs(directory, "curl", OLD_CURL), RBEE_LICENSE_KEY: key, RBEE_MACHINE };
      const run = await install(directory, env);
      expect(run.code, run.stderr).toBe(0);
    }
    // Its only seat is that of the machine with this name.
    await catalog.activate(key, names[0] ?? "");
  });

  it("asks a catalog whose address ends in a slash, as other tools of rbee do", async () => {
    const directory = await recipeDirectory();
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token, RBEE_CATALOG_URL: `${catalog.url}/` });
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(sample);
  });

  it("says that curl cannot write, as the one from snap outside of the home", async () => {
    const directory = await recipeDirectory();
    const env = { ...programs(directory, "curl", CONFINED_CURL), RBEE_LICENSE_TOKEN: token };
    const run = await install(directory, env);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`rbee: ${ID} 1.0.0 was not downloaded: curl cannot write `);
    expect(run.stderr).not.toContain("RBEE_LICENSE_");
  });

  it("ignores a relative folder of the configuration, as other tools of rbee do", async () => {
    const text = await (await fetch(`${catalog.url}/workers/${ID}/PKGBUILD`)).text();
    const withoutSystemId = text.replace("/etc/machine-id /var/lib/dbus/machine-id ", "");
    expect(withoutSystemId).not.toBe(text);
    const directory = await recipeDirectory(withoutSystemId);
    const id = "0123456789abcdef".repeat(2);
    mkdirSync(join(directory, ".config/rbee"), { recursive: true });
    writeFileSync(join(directory, ".config/rbee/machine-id"), `${id}\n`);
    const { key } = await catalog.issue("premium-trial");
    const run = await install(directory, { RBEE_LICENSE_TOKEN: key, XDG_CONFIG_HOME: "elsewhere" });
    expect(run.code, run.stderr).toBe(0);
    // Its only seat is that of the machine with this id.
    await catalog.activate(key, createHash("sha256").update(`rbee-hive:${id}`).digest("hex"));
  });

  it("says so if the catalog gives no reason", async () => {
    const directory = await recipeDirectory();
    catalog.proxy.fate = () => ({ rewrite: (text) => text.replaceAll("title", "t1tle") });
    const run = await install(directory, {});
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("was not downloaded: its catalog answered with HTTP 401 and no reason.");
  });

  it("says that the catalog could not be asked, after curl's reason", async () => {
    const directory = await recipeDirectory();
    const run = await install(directory, { RBEE_LICENSE_TOKEN: token, RBEE_CATALOG_URL: "http://localhost:9" });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/curl: \(7\) .*\nrbee: .* was not downloaded: curl could not ask http:\/\/localhost:9/);
  });

  it("tells that a worker has no release, and not that a license is missing", async () => {
    const directory = await recipeDirectory(readFileSync(recipePath("llm-worker-premium-cpu", "PKGBUILD"), "utf8"));
    const run = await install(directory, {});
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`rbee: ${ID} has no release yet`);
    expect(run.stderr).not.toContain("RBEE_LICENSE_TOKEN");
  });

  it("tells that a license has been revoked", async () => {
    const { id, key } = await catalog.issue("premium-trial");
    expect((await catalog.admin("license", "revoke", id, "--reason", "test")).code).toBe(0);
    const env = { RBEE_LICENSE_TOKEN: key, RBEE_MACHINE: MACHINE };
    await refuses(env, "LICENSE_REVOKED", "License revoked.", "Please contact its seller.");
  });
}

describe.skipIf(makepkgMissing !== null)("real makepkg", () => licensed(byMakepkg));
describe("a hive", () => licensed(byHive));
