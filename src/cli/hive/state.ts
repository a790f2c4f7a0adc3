import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import * as z from "zod";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../errors.ts";
import { readTextIfThere, writePrivateFile } from "../files.ts";

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
});

/** This hive's seat on a license, and the token that it holds. */
export type Activation = z.infer<typeof Activation>;

const SeenIndexes = z.object({
  /** When the newest delegation that was seen was made. */
  delegated_at: z.number(),
  /** By worker: the highest serial that was seen. */
  serials: z.record(z.string(), z.number()),
});

/** What this hive has seen of a catalog's indexes, so that nobody can offer it older ones. */
export type SeenIndexes = z.infer<typeof SeenIndexes>;

const HiveState = z.object({
  activation: Activation.nullable(),
  /** By the catalog's origin: the release signing keys that were seen there first, as the text of a minisign `.pub`. */
  release_keys: z.record(z.string(), z.string()),
  /** By the catalog's origin. */
  indexes: z.record(z.string(), SeenIndexes).default({}),
});

/** What a hive remembers between commands. */
export type HiveState = z.infer<typeof HiveState>;

/** The folder of the hive's own files: `$XDG_CONFIG_HOME/rbee`, else `~/.config/rbee`. */
export const hiveFolder = (env: NodeJS.ProcessEnv): string =>
  join(env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "rbee");

const statePath = (env: NodeJS.ProcessEnv): string => join(hiveFolder(env), "catalog.json");

/** Reads the hive's state; an empty one where there is none yet. Throws when the file is not one that this wrote. */
export async function readHiveState(env: NodeJS.ProcessEnv): Promise<HiveState> {
  const text = await readTextIfThere(statePath(env));
  if (text === null) return { activation: null, release_keys: {}, indexes: {} };
  try {
    return HiveState.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(EXIT.failure, `${statePath(env)} is damaged. Move it away and activate again.`, {
      cause: error,
    });
  }
}

/**
 * Changes the hive's state and returns it: what it is now, not what a command that runs long has read when it began. Written for
 * its owner's eyes only: it holds the license key. Throws as `readHiveState` does.
 */
export async function changeHiveState(
  env: NodeJS.ProcessEnv,
  change: (state: HiveState) => HiveState,
): Promise<HiveState> {
  const state = change(await readHiveState(env));
  await writePrivateFile(statePath(env), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

/** What the commands of a hive work with: its state, and a context that asks where the hive is activated unless told otherwise. */
export async function openHive(command: Command): Promise<{ context: Context; state: HiveState }> {
  const state = await readHiveState(process.env);
  return { state, context: await contextOf(command, state.activation?.url ?? null) };
}
