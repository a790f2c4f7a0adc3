import type { Command } from "commander";
import { type Context, contextOf } from "../context.ts";
import { type HiveState, readHiveState } from "./state.ts";

/** What the commands of a hive work with: its state, and a context that asks where the hive is activated unless told otherwise. */
export async function openHive(command: Command): Promise<{ context: Context; state: HiveState }> {
  const state = await readHiveState(process.env);
  return { state, context: await contextOf(command, state.activation?.url ?? null) };
}
