import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { freePort, launch, ready } from "../end-to-end/development-server.ts";
import { type FlakyProxy, startFlakyProxy } from "../end-to-end/flaky-proxy.ts";
import { type Run, rbeeCatalog } from "../end-to-end/program-run.ts";

const Start = z.object({ license_key: z.string() });
const Issued = z.object({ license: z.object({ id: z.string() }), key: z.string() });

/** The real service, as `npm start` runs it, for the tools that people use. */
export type RunningCatalog = {
  /** Its origin; every request to it, signed links included, goes through `proxy`. */
  url: string;
  proxy: FlakyProxy;
  /** The license that it starts with: 25 machines. */
  licenseKey: string;
  /** Where its sample binaries and its release signing key are. */
  folder: string;
  /** Runs `rbee-catalog` as its owner. */
  admin(...args: string[]): Promise<Run>;
  /** A new license for one machine. */
  issueLicense(): Promise<{ id: string; key: string }>;
  stop(): Promise<void>;
};

/** Starts a catalog with data of its own. Throws with its output if it does not come up. */
export async function startCatalog(): Promise<RunningCatalog> {
  const root = await mkdtemp(join(tmpdir(), "rbee-catalog-"));
  const folder = join(root, "dev");
  const ports = { server: await freePort(), proxy: await freePort() };
  const url = `http://localhost:${ports.proxy}`;
  const proxy = await startFlakyProxy(ports.proxy, ports.server);
  await mkdir(folder);
  await writeFile(join(folder, "dev.vars"), `PUBLIC_URL=${url}\n`);
  const server = await ready(launch(folder, ports.server));
  const start = Start.parse(JSON.parse(await readFile(join(folder, "start.json"), "utf8")));
  const admin = (...args: string[]): Promise<Run> =>
    rbeeCatalog(args, {
      DEV_DIR: folder,
      XDG_CONFIG_HOME: join(root, "admin"),
      RBEE_CATALOG_URL: "",
      RBEE_ADMIN_TOKEN: "",
      RBEE_LICENSE_KEY: "",
    });
  return {
    url,
    proxy,
    folder,
    licenseKey: start.license_key,
    admin,
    async issueLicense() {
      const issue = ["license", "issue", "--plan", "premium-trial", "--email", "ada@example.com", "--json"];
      const { license, key } = Issued.parse(JSON.parse((await admin(...issue)).stdout));
      return { id: license.id, key };
    },
    async stop() {
      await server.stop();
      proxy.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
