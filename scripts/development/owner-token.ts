import { hashAdminToken, isAdminToken, newAdminToken } from "../../src/admin/admin-token.ts";
import { writePrivateFile } from "../../src/cli/private-file.ts";
import { readTextIfThere } from "../../src/cli/text-file.ts";
import { newId } from "../../src/storage/id.ts";
import { currentTime } from "../../src/time.ts";
import type { DevelopmentPaths } from "./paths.ts";
import { runWrangler } from "./wrangler.ts";

/** The statements that let a token in as owner, with their audit entry; they change nothing if it is known already. */
function ownerStatements(tokenHash: string): string {
  const [id, change, now] = [newId("adm"), newId("chg"), currentTime()];
  return `
    INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, last_change)
    SELECT '${id}', 'development owner', '${tokenHash}', '["owner"]', ${now}, '${change}'
    WHERE NOT EXISTS (SELECT 1 FROM admin_tokens WHERE token_hash = '${tokenHash}');
    INSERT INTO audit (id, at, actor, action, subject, details)
    SELECT '${change}', ${now}, 'system', 'token.create', '${id}', '{"name":"development owner","scopes":["owner"]}'
    WHERE EXISTS (SELECT 1 FROM admin_tokens WHERE last_change = '${change}');`;
}

/**
 * The development server's owner token, made on the first start. It is written down before the ledger is told of it, and
 * the ledger is told on every start: a start that was cut in between, or data that was deleted, heals by itself.
 * Only the ledger can let the first owner in, because every other token is made by an owner.
 */
export async function ensureOwnerToken(paths: DevelopmentPaths, signal: AbortSignal): Promise<string> {
  const kept = (await readTextIfThere(paths.ownerToken))?.trim();
  const token = kept !== undefined && isAdminToken(kept) ? kept : newAdminToken();
  if (token !== kept) await writePrivateFile(paths.ownerToken, `${token}\n`);
  const sql = ownerStatements(await hashAdminToken(token));
  await runWrangler(["d1", "execute", "DB", "--local", "--persist-to", paths.state, "--command", sql], signal);
  return token;
}
