import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top folder: where wrangler.toml is. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** The files of one development server. All of them are git-ignored. */
export type DevelopmentPaths = {
  /** Whether everything below is in `folder`, apart from the checkout. */
  isolated: boolean;
  folder: string;
  /** Secrets and variables, as wrangler reads them. */
  variables: string;
  /** The data of wrangler's local D1, KV, R2 and queues. */
  state: string;
  /** `{url, admin_token, license_key, stripe_control_url}` for scripts and for the `rbee-catalog` command. */
  start: string;
  ownerToken: string;
  releaseKey: string;
  /** The static files that the Worker serves: the bundled command. */
  public: string;
  /** The output of wrangler and the Worker. */
  serverLog: string;
  /** The output of the stand-in for Stripe. */
  stripeLog: string;
};

/**
 * The paths of the server that `DEV_DIR` names: a second one, with data of its own, lives wholly in that folder.
 * Without it, secrets and data are where wrangler looks by itself (`.dev.vars`, `.wrangler/state`).
 */
export function developmentPaths(devDir: string | undefined): DevelopmentPaths {
  const folder = devDir ? resolve(devDir) : join(PROJECT, ".dev");
  return {
    isolated: Boolean(devDir),
    folder,
    variables: devDir ? join(folder, "dev.vars") : join(PROJECT, ".dev.vars"),
    state: devDir ? join(folder, "state") : join(PROJECT, ".wrangler", "state"),
    start: join(folder, "start.json"),
    ownerToken: join(folder, "admin-token"),
    releaseKey: join(folder, "release-signing.key"),
    public: join(folder, "public"),
    serverLog: join(folder, "server.log"),
    stripeLog: join(folder, "stripe.log"),
  };
}

/** Wrangler builds the Worker here, also with a `DEV_DIR`. */
export const BUILD_FOLDER = join(PROJECT, ".wrangler", "tmp");

/** Makes the folders of a server. Throws the file's error unless all can be written: wrangler would wait in silence. */
export async function makeFolders({ folder, state }: DevelopmentPaths): Promise<void> {
  for (const path of [folder, state, BUILD_FOLDER]) {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  }
}
