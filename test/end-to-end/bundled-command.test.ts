import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "../../scripts/build-cli/bundle.ts";
import { writeNpmPackage } from "../../scripts/build-cli/npm-package.ts";
import { VERSION } from "../../src/cli/version.ts";
import { encodeMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { within } from "./buyer.ts";
import type { Catalog, IssuedLicense } from "./running-catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";

/** The command as a stranger gets it: the machine's own Node.js, an empty home, and nothing of this checkout. */
const RUNS = process.platform === "linux" && installed("node", "curl", "dash");

const WORKER = "llm-worker-rbee-premium-metal";

let catalog: Catalog;
let home: string;

beforeAll(async () => {
  if (!RUNS) return;
  catalog = await sharedCatalog();
  home = workDirectory();
  const { code, stdout, stderr } = await installCli(home, "--cli");
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`Installed ${VERSION}: ${home}/.local/bin/rbee-catalog\n`);
});

const installCli = (folder: string, args: string): Promise<Run> =>
  runAsUser(folder, ["dash", "-c", `curl -fsSL ${catalog.url}/install.sh | dash -s -- ${args}`]);

/** Runs the installed command in an empty folder. `env` may hold credentials. */
const command = (args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
  runAsUser(home, [join(home, ".local/bin/rbee-catalog"), ...args], env);

/** Runs the command and returns its output. It must succeed. */
async function succeed(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await command(args, env);
  expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout;
}

/** Signs in to the account with a license key over HTTP and approves a login by its address, as a browser would. */
async function approve(address: string, { id, key }: IssuedLicense): Promise<void> {
  const own = { "Sec-Fetch-Site": "same-origin", Origin: "null" };
  const send = (path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${catalog.url}${path}`, {
      method: "POST",
      redirect: "manual",
      headers: { ...own, ...headers },
      body: new URLSearchParams(form),
    });
  const signedIn = await send("/account/sign-in", { key });
  const headers = { Cookie: signedIn.headers.get("Set-Cookie")?.split(";", 1)[0] ?? "" };
  const page = await (await fetch(address, { headers })).text();
  const fieldValue = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? "";
  const form = { csrf_token: fieldValue("csrf_token"), code: fieldValue("code"), license: id, decision: "approve" };
  const approved = await send("/account/device", form, headers);
  expect(approved.headers.get("Location"), page).toBe("/account/device?done=approved");
}

describe.runIf(RUNS)("install.sh --cli", () => {
  it("says how to reach the command if its folder is not in PATH", async () => {
    expect((await installCli(home, "--cli")).stderr).toContain(`export PATH="${home}/.local/bin:$PATH"`);
  });

  it.runIf(installed("minisign"))("refuses a command that no release key of the catalog has signed", async () => {
    const folder = workDirectory();
    const other = encodeMinisignPublicKey(await generateMinisignKey());
    const script = await (await fetch(`${catalog.url}/install.sh`)).text();
    writeFileSync(join(folder, "i.sh"), script.replace(/^RELEASE_KEYS='[^']*'/m, `RELEASE_KEYS='${other}'`));
    const { code, stderr } = await runAsUser(folder, ["dash", "i.sh", "--cli"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not by a release signing key")]);
    expect(readdirSync(folder)).toEqual(["i.sh"]);
  });

  it("refuses a Node.js that is too old, and says where to get one", async () => {
    const folder = workDirectory();
    writeFileSync(join(folder, "node"), "#!/bin/sh\necho 18.20.4\n", { mode: 0o755 });
    const script = await (await fetch(`${catalog.url}/install.sh`)).text();
    // The script looks into other folders, too. Here it finds only this one.
    const alone = script.replace(/for node in node nodejs [^;]*; do/, `for node in ${folder}/node; do`);
    writeFileSync(join(folder, "i.sh"), alone);
    const { code, stderr } = await runAsUser(folder, ["dash", "i.sh", "--cli"]);
    expect(code).toBe(1);
    expect(stderr).toContain("The Node.js here is too old: 18.20.4.");
    expect(stderr).toContain("https://nodejs.org/en/download");
  });

  it("removes what it has installed", async () => {
    const folder = workDirectory();
    await installCli(folder, "--cli");
    expect((await installCli(folder, "--cli --uninstall")).code).toBe(0);
    expect((await runAsUser(folder, ["find", ".local", "-type", "f"])).stdout).toBe("");
  });

  it("takes no worker", async () => {
    expect((await installCli(home, "--cli cpu")).code).toBe(2);
  });
});

describe.runIf(RUNS)("the bundled command", () => {
  it("has its whole help", async () => {
    const help = await succeed(["--help"]);
    // Behind the commands are the settings, in the same form.
    const commands = help.slice(0, help.indexOf("The first setting"));
    const names = [...commands.matchAll(/^ {2}([a-z][a-z-]+) {2,}\S/gm)].map(([, name = ""]) => name);
    expect(names).toContain("install");
    expect(names).toContain("doctor");
    // The others come from the same file, and test/cli has the help of each.
    for (const name of ["install", "release", "doctor"]) {
      expect(await succeed([name, "--help"])).toContain(`rbee-catalog ${name}`);
    }
  });

  it("finds the catalog that it came from, lists, activates, installs, verifies and deactivates", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const shown = await succeed(["activate", "--json"], { RBEE_LICENSE_KEY: key, RBEE_MACHINE: "bundled" });
    expect(JSON.parse(shown)).toMatchObject({ license: { status: "active" } });
    expect(await succeed(["install", "premium-cpu"])).toContain("Installed llm-worker-rbee-premium-cpu");
    expect(await succeed(["verify"])).toContain("as it was published and signed");
    expect(await succeed(["machines"])).toContain("1 of 25");
    await succeed(["deactivate"]);
  });

  it("logs in without a key, once the owner has approved its code in the account", async () => {
    const license = await catalog.issue("premium-lifetime");
    const folder = workDirectory();
    const shown = join(folder, "shown");
    const program = join(home, ".local/bin/rbee-catalog");
    const env = { RBEE_MACHINE: "logged-in" };
    const run = runAsUser(folder, ["sh", "-c", 'exec "$0" login --name attic --json 2>shown', program], env);
    let address: string | undefined;
    await within(60, async () => {
      address = /^Open (\S+)$/m.exec(await readFile(shown, "utf8").catch(() => ""))?.[1];
      return address !== undefined;
    });
    expect(address).toContain(`${catalog.url}/account/device?code=`);
    await approve(address ?? "", license);
    const { code, stdout } = await run;
    expect([code, stdout]).toEqual([0, expect.stringContaining('"active"')]);
    expect((await runAsUser(folder, [program, "machines"], env)).stdout).toContain("attic");
    expect((await runAsUser(folder, [program, "deactivate"], env)).code).toBe(0);
  });

  it("publishes a signed release", async () => {
    const [file, key] = [join(home, `${WORKER}-macos-aarch64`), join(home, "release.key")];
    writeFileSync(file, "#!/bin/sh\nexit 0\n");
    // The ordinary user must be able to read it.
    writeFileSync(key, readFileSync(join(catalog.folder, "release-signing.key")), { mode: 0o644 });
    const args = ["release", "publish", file, "--worker", WORKER, "--version", "0.1.0-alpha.81", "--sign-key", key];
    expect(await succeed(args, { RBEE_ADMIN_TOKEN: catalog.adminToken })).toContain("0.1.0-alpha.81");
  });

  it("is an npm package without dependencies", async () => {
    const folder = workDirectory();
    await writeNpmPackage(join(folder, "package"), await bundleCommand());
    const npm = (...args: string[]) => runAsUser(folder, ["npm", ...args], { npm_config_cache: join(folder, "cache") });
    const packed = await npm("pack", "./package", "--offline", "--json");
    expect(packed.code, packed.stderr).toBe(0);
    const tarball = `./rbee-catalog-${VERSION}.tgz`;
    const ran = await npm("exec", "--yes", "--offline", "--package", tarball, "--", "rbee-catalog", "--version");
    expect([ran.code, ran.stdout], ran.stderr).toEqual([0, `${VERSION}\n`]);
  });
});
