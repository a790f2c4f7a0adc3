import { hashAdminToken } from "../lib/admin-token.ts";
import { newId } from "../lib/id.ts";
import { currentTime } from "../lib/time.ts";

/**
 * The SQL that lets a token into the ledger as owner, with its audit entry. The first owner can come in no other way, since
 * every other token is made by an owner. Run again, it changes nothing. `name` says what the token is for, in letters,
 * digits, blanks and hyphens; throws on any other.
 */
export async function firstOwnerSql(token: string, name: string): Promise<string> {
  if (!/^[A-Za-z0-9 -]{1,100}$/.test(name)) throw new Error(`not a plain name: ${name}`);
  const [id, change, hash, now] = [newId("adm"), newId("chg"), await hashAdminToken(token), currentTime()];
  return [
    "INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, last_change)",
    `SELECT '${id}', '${name}', '${hash}', '["owner"]', ${now}, '${change}'`,
    `WHERE NOT EXISTS (SELECT 1 FROM admin_tokens WHERE token_hash = '${hash}');`,
    "INSERT INTO audit (id, at, actor, action, subject, details)",
    `SELECT '${change}', ${now}, 'system', 'token.create', '${id}', '{"name":"${name}","scopes":["owner"]}'`,
    `WHERE EXISTS (SELECT 1 FROM admin_tokens WHERE last_change = '${change}');`,
  ].join("\n");
}
