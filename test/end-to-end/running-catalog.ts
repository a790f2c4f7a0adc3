import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { runCli } from "../cli/run-cli.ts";
import { launch, ready } from "./development-server.ts";
import { type FlakyProxy, startFlakyProxy } from "./flaky-proxy.ts";
import { freePort } from "./free-port.ts";
import type { Run } from "./program-run.ts";

const Start = z.object({ admin_token: z.string(), license_key: z.string() });
const Issued = z.object({ license: z.object({ id: z.string() }), key: z.string() });
const Activated = z.object({ token: z.string() });

/** A license of the catalog. */
export type IssuedLicense = { id: string; key: string };

/** A catalog as `npm start` runs it, with the sample releases, behind a line that breaks when a test wants it to. */
export type RunningCatalog = {
  url: string;
  /** The development server's own folder: the samples, and the key that signs releases. */
  folder: string;
  proxy: FlakyProxy;
  /** The key of the sample license, for 25 machines. */
  licenseKey: string;
  /** `rbee-catalog`, as the owner. */
  admin(...args: string[]): Promise<Run>;
  /** A new license of a plan. Throws when it is not issued. */
  issue(plan: string): Promise<IssuedLicense>;
  /** Publishes files as a version of a worker, signed. Throws when they are not. */
  publish(worker: string, version: string, files: string[], ...options: string[]): Promise<void>;
  /** Activates a machine and returns its token. Throws when it is refused. */
  activate(key: string, fingerprint: string): Promise<string>;
  stop(): Promise<void>;
};

/** Starts a catalog with data of its own. */
export async function startCatalog(): Promise<RunningCatalog> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-catalog-"));
  const port = await freePort();
  const proxy = await startFlakyProxy(port);
  const { url } = proxy;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "dev.vars"), `PUBLIC_URL=${url}\n`);
  const server = await ready(launch(folder, port));
  const start = Start.parse(JSON.parse(await readFile(join(folder, "start.json"), "utf8")));
  const admin = (...args: string[]): Promise<Run> =>
    runCli(args, {
      DEV_DIR: folder,
      XDG_CONFIG_HOME: folder,
      RBEE_CATALOG_URL: url,
      RBEE_ADMIN_TOKEN: start.admin_token,
    });
  const succeed = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await admin(...args);
    if (code !== 0) throw new Error(`rbee-catalog ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  return {
    url,
    folder,
    proxy,
    licenseKey: start.license_key,
    admin,
    async issue(plan) {
      const issued = await succeed("license", "issue", "--plan", plan, "--email", "ada@example.com", "--json");
      const { license, key } = Issued.parse(JSON.parse(issued));
      return { id: license.id, key };
    },
    async publish(worker, version, files, ...options) {
      const signed = ["--sign-key", join(folder, "release-signing.key")];
      await succeed("release", "publish", ...files, "--worker", worker, "--version", version, ...signed, ...options);
    },
    async activate(key, fingerprint) {
      const answer = await fetch(`${url}/v1/licenses/activate`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ fingerprint }),
      });
      return Activated.parse(await answer.json()).token;
    },
    async stop() {
      await server.stop();
      proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
