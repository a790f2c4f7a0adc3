import { hashAdminToken, newAdminToken } from "../src/lib/credential.ts";
import { newId } from "../src/lib/id.ts";
import { currentTime } from "../src/lib/time.ts";
import type { Harness } from "./harness.ts";

/** Lets a new owner into the ledger and returns the token. The first owner can come in no other way. */
export async function createOwnerToken(ledger: Harness["ledger"]): Promise<string> {
  const token = newAdminToken();
  await ledger
    .prepare(
      `INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, last_change)
       VALUES (?, 'benchmark', ?, '["owner"]', ?, ?)`,
    )
    .bind(newId("adm"), await hashAdminToken(token), currentTime(), newId("chg"))
    .run();
  return token;
}
