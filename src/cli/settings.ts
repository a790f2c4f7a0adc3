import { join, resolve } from "node:path";
import * as z from "zod";
import { CHECKOUT } from "./checkout.ts";
import { CliError, EXIT, parseJson } from "./errors.ts";
import { readTextIfThere } from "./files.ts";
import { adminToken, licenseCredential } from "./secrets.ts";

/** The contents of `.dev/start.json`: the URL of the running `npm start`, and credentials that work there. */
const DevelopmentStart = z.object({
  url: z.url(),
  admin_token: z.string(),
  license_key: z.string(),
  /** The control API of the local Stripe stand-in, if the server sells through it. */
  stripe_control_url: z.url().optional(),
});

export type DevelopmentStart = z.infer<typeof DevelopmentStart>;

/** The folder of the development server: `DEV_DIR`, else `.dev` in `checkout`, else null. */
const developmentFolder = (devDir: string | undefined, checkout: string | null): string | null => {
  if (devDir) return resolve(devDir);
  return checkout === null ? null : join(checkout, ".dev");
};

/** The `start.json` of the development server in `devDir` (undefined: of this checkout), or null if there is none. */
export async function readDevelopmentStart(devDir: string | undefined): Promise<DevelopmentStart | null> {
  const folder = developmentFolder(devDir, CHECKOUT);
  const text = folder === null ? null : await readTextIfThere(join(folder, "start.json"));
  return text === null ? null : parseJson(DevelopmentStart, text);
}

const DEFAULT_URL = "https://catalog.rbee.dev";

/**
 * The catalog to ask, and the credentials to send: an admin token, and a license key or license token. Reading a
 * credential throws `CliError` (notAuthorized) if its text is none, so that a command that needs none does not fail.
 */
export type Settings = { url: string; readonly adminToken: string | null; readonly license: string | null };

export type SettingSources = {
  /** `--url` */
  url: string | undefined;
  env: NodeJS.ProcessEnv;
  /** For the commands of a hive: the catalog that it is activated at. */
  activatedAt?: string | null;
  start: DevelopmentStart | null;
};

/**
 * Picks the settings. URL: `--url`, RBEE_CATALOG_URL, the hive's catalog, this checkout's development server,
 * RBEE_CATALOG_DEFAULT_URL (install.sh sets it to the catalog that it comes from), https://catalog.rbee.dev.
 * Credentials: RBEE_ADMIN_TOKEN; RBEE_LICENSE_KEY or RBEE_LICENSE_TOKEN, which mean the same; else the development
 * server's, which are sent to its own URL only. Throws `CliError` for an invalid URL.
 */
export function resolveSettings({ url: flag, env, activatedAt, start }: SettingSources): Settings {
  const fallback = env["RBEE_CATALOG_DEFAULT_URL"] || DEFAULT_URL;
  const url = originOf(flag ?? (env["RBEE_CATALOG_URL"] || activatedAt || start?.url || fallback));
  const own = start !== null && originOf(start.url) === url ? start : null;
  return {
    url,
    get adminToken() {
      const text = env["RBEE_ADMIN_TOKEN"];
      return text ? adminToken(text, "RBEE_ADMIN_TOKEN") : (own?.admin_token ?? null);
    },
    get license() {
      return licenseOfEnvironment(env) ?? own?.license_key ?? null;
    },
  };
}

/** The license key or token of the environment, or null. Throws `CliError` (notAuthorized) if it is none. */
export function licenseOfEnvironment(env: NodeJS.ProcessEnv): string | null {
  const name = ["RBEE_LICENSE_KEY", "RBEE_LICENSE_TOKEN"].find((variable) => env[variable]);
  return name === undefined ? null : licenseCredential(env[name] ?? "", name);
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new CliError(EXIT.usage, `"${text}" is not the URL of a catalog. A valid one is ${DEFAULT_URL}.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new CliError(EXIT.usage, `The URL of a catalog has no user and no password: ${url.origin}`);
  }
  return url.origin;
}
