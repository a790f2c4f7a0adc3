import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { CliError, EXIT } from "./errors.ts";
import { readTextIfThere } from "./files.ts";

/** What `npm start` leaves for scripts: where it serves, and credentials that work there. */
const DevelopmentStart = z.object({
  url: z.url(),
  admin_token: z.string(),
  license_key: z.string(),
  /** The control surface of the local stand-in for Stripe, if that is what the server sells through. */
  stripe_control_url: z.url().optional(),
});

export type DevelopmentStart = z.infer<typeof DevelopmentStart>;

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

/** The folder of this checkout's development server: `.dev`, or what `DEV_DIR` names. */
export const developmentFolder = (devDir: string | undefined): string =>
  devDir ? resolve(devDir) : join(CHECKOUT, ".dev");

/** What the development server of `DEV_DIR` (unset: of this checkout) has left, or null if there is none. */
export async function readDevelopmentStart(devDir: string | undefined): Promise<DevelopmentStart | null> {
  const text = await readTextIfThere(join(developmentFolder(devDir), "start.json"));
  if (text === null) return null;
  try {
    return DevelopmentStart.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The catalog that is asked when nothing names another. */
const DEFAULT_URL = "https://catalog.rbee.dev";

/** Where to ask, and with which credentials. */
export type Settings = { url: string; adminToken: string | null; licenseKey: string | null };

export type SettingSources = {
  /** `--url` */
  url: string | undefined;
  env: NodeJS.ProcessEnv;
  /** The catalog that this hive is activated at, for the commands of a hive. */
  activatedAt?: string | null;
  start: DevelopmentStart | null;
};

/**
 * Decides by this order. URL: `--url`, RBEE_CATALOG_URL, where the hive is activated, the running checkout's development
 * server, https://catalog.rbee.dev. Credentials: RBEE_ADMIN_TOKEN and RBEE_LICENSE_KEY, else the development server's;
 * those are used for its own URL only, because no other may see them. Throws on a URL that is none.
 */
export function resolveSettings({ url: flag, env, activatedAt, start }: SettingSources): Settings {
  const url = originOf(flag ?? (env["RBEE_CATALOG_URL"] || activatedAt || start?.url || DEFAULT_URL));
  const own = start !== null && originOf(start.url) === url ? start : null;
  return {
    url,
    adminToken: env["RBEE_ADMIN_TOKEN"] || (own?.admin_token ?? null),
    licenseKey: env["RBEE_LICENSE_KEY"] || (own?.license_key ?? null),
  };
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new CliError(EXIT.usage, `"${text}" is not the URL of a catalog, such as ${DEFAULT_URL}.`);
  }
  return url.origin;
}
