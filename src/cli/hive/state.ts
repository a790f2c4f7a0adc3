import { join } from "node:path";
import * as z from "zod";
import type { KnownSecrets } from "../../lib/masking/masked.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { CliError, EXIT, parseJson } from "../errors.ts";
import { readTextIfThere, writePrivateFile, xdgFolder } from "../files.ts";

const Activation = z.object({
  /** The catalog's origin. */
  url: z.string(),
  license_key: z.string(),
  license_id: z.string(),
  machine_id: z.string(),
  fingerprint: z.string(),
  token: z.string(),
  /** RFC 3339. */
  token_expires_at: z.string(),
  /** RFC 3339; null or absent: an older catalog or command did not tell. */
  renew_after: z.string().nullish(),
});

/** This hive's seat on a license, and its current token. */
export type Activation = z.infer<typeof Activation>;

const SeenIndexes = z.object({
  /** The time of the newest delegation that was seen, in Unix seconds. */
  delegated_at: z.number(),
  /** By worker: the highest serial that was seen. */
  serials: z.record(z.string(), z.number()),
});

/** The newest indexes of a catalog that this hive has seen. Older ones are refused as a rollback attack. */
export type SeenIndexes = z.infer<typeof SeenIndexes>;

const HiveState = z.object({
  activation: Activation.nullable(),
  /** By the catalog's origin: the pinned release signing keys, as the text of a minisign `.pub`. */
  release_keys: z.record(z.string(), z.string()),
  /** By the catalog's origin. */
  indexes: z.record(z.string(), SeenIndexes).default({}),
});

/** The state of a hive between commands, in `catalog.json`. */
export type HiveState = z.infer<typeof HiveState>;

/** The folder of the hive's files: `$XDG_CONFIG_HOME/rbee`, else `~/.config/rbee`. */
export const hiveFolder = (env: NodeJS.ProcessEnv): string => xdgFolder(env["XDG_CONFIG_HOME"], ".config");

const statePath = (env: NodeJS.ProcessEnv): string => join(hiveFolder(env), "catalog.json");

/** Reads the hive's state. It is empty if there is no file yet. Throws `CliError` if the file is damaged. */
export async function readHiveState(env: NodeJS.ProcessEnv): Promise<HiveState> {
  const text = await readTextIfThere(statePath(env));
  if (text === null) return { activation: null, release_keys: {}, indexes: {} };
  const state = parseJson(HiveState, text);
  if (state !== null) return state;
  throw new CliError(EXIT.failure, `${statePath(env)} is damaged. Move it away and activate again.`);
}

/**
 * Changes the hive's state and returns the new one. `change` gets the state that is on disk now, because other commands
 * may have written since this one began. Only the owner can read the file: it holds the license key. Throws like
 * `readHiveState`.
 */
export async function changeHiveState(
  env: NodeJS.ProcessEnv,
  change: (state: HiveState) => HiveState,
): Promise<HiveState> {
  const state = change(await readHiveState(env));
  await writePrivateFile(statePath(env), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

/** The context of a hive's command. Its default catalog is the one that the hive is activated at. */
export type Hive = Context & {
  state: HiveState;
  /** The activation at the current catalog, or null. Its key and token go to no other catalog. */
  activation: Activation | null;
  /** The secrets that no message may show. */
  secrets: KnownSecrets;
  /** Changes the state on disk, like `changeHiveState`. */
  change(change: (state: HiveState) => HiveState): Promise<HiveState>;
};

/** Opens the hive's state for a parsed command. Throws `CliError` if the state is damaged. */
export async function openHive(command: CatalogCommand): Promise<Hive> {
  const { env, secrets } = command.io;
  const state = await readHiveState(env);
  for (const secret of [state.activation?.license_key, state.activation?.token]) secrets.add(secret ?? "");
  const context = await command.context({ activatedAt: state.activation?.url ?? null });
  const activation = state.activation?.url === context.settings.url ? state.activation : null;
  return { ...context, state, activation, secrets, change: (change) => changeHiveState(env, change) };
}
