import { firstOwnerSql } from "../../src/cli/commands/token.ts";
import { readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { isAdminToken, newAdminToken } from "../../src/lib/credential.ts";
import type { DevelopmentPaths } from "./paths.ts";
import { runWrangler } from "./wrangler.ts";

/**
 * The development server's owner token, made on the first start. It is written down before the ledger is told of it, and
 * the ledger is told on every start: a start that was cut in between, or data that was deleted, heals by itself.
 */
export async function ensureOwnerToken(paths: DevelopmentPaths, signal: AbortSignal): Promise<string> {
  const kept = (await readTextIfThere(paths.ownerToken))?.trim();
  const token = kept !== undefined && isAdminToken(kept) ? kept : newAdminToken();
  if (token !== kept) await writePrivateFile(paths.ownerToken, `${token}\n`);
  const sql = await firstOwnerSql(token, "development owner");
  await runWrangler(["d1", "execute", "DB", "--local", "--persist-to", paths.state, "--command", sql], signal);
  return token;
}
