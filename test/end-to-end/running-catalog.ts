import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { runCli } from "../support/node/run-cli.ts";
import { launch, ready } from "./development-server.ts";
import { type FlakyProxy, startFlakyProxy } from "./flaky-proxy.ts";
import { freePort } from "./free-port.ts";
import type { Run } from "./program-run.ts";

const Start = z.object({
  url: z.url(),
  admin_token: z.string(),
  license_key: z.string(),
  stripe_control_url: z.url(),
});
const Issued = z.object({ license: z.object({ id: z.string() }), key: z.string() });
const Activated = z.object({ token: z.string() });

/** A license of the catalog. */
export type IssuedLicense = { id: string; key: string };

/** A catalog as `npm start` runs it, with the sample releases. */
export type Catalog = {
  url: string;
  /** The development server's own folder: the samples, and the key that signs releases. */
  folder: string;
  adminToken: string;
  /** The key of the sample license, for 25 machines. */
  licenseKey: string;
  /** The control surface of the stand-in for Stripe. */
  stripeControlUrl: string;
  /** `rbee-catalog`, as the owner. */
  admin(...args: string[]): Promise<Run>;
  /** A new license of a plan. Throws when it is not issued. */
  issue(plan: string): Promise<IssuedLicense>;
  /** Publishes files as a version of a worker, signed. Throws when they are not. */
  publish(worker: string, version: string, files: string[], ...options: string[]): Promise<void>;
  /** Activates a machine and returns its token. Throws when it is refused. */
  activate(key: string, fingerprint: string): Promise<string>;
};

/** A catalog of one suite's own, behind a line that breaks when a test wants it to. */
export type RunningCatalog = Catalog & { proxy: FlakyProxy; stop(): Promise<void> };

/** The catalog of the running development server in `folder`, at its own address unless `at` is another way to it. */
export async function catalogIn(folder: string, at?: string): Promise<Catalog> {
  const start = Start.parse(JSON.parse(await readFile(join(folder, "start.json"), "utf8")));
  const url = at ?? start.url;
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
    adminToken: start.admin_token,
    licenseKey: start.license_key,
    stripeControlUrl: start.stripe_control_url,
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
  };
}

/** Starts a catalog with data of its own, for a suite that changes releases or breaks the line. */
export async function startCatalog(): Promise<RunningCatalog> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-catalog-"));
  const port = await freePort();
  const proxy = await startFlakyProxy(port);
  // Signed links lead through the proxy too.
  await writeFile(join(folder, "dev.vars"), `PUBLIC_URL=${proxy.url}\n`);
  const server = await ready(launch(folder, port));
  return {
    ...(await catalogIn(folder, proxy.url)),
    proxy,
    async stop() {
      await server.stop();
      proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
