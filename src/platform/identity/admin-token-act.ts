import type { UnixSeconds } from "../../lib/time.ts";
import { allowsAll, type Scope } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";
import { type AdminToken, createAdminToken, readAdminToken, revokeAdminToken } from "./admin-token-store.ts";
import type { Admin, AdminActor } from "./authentication.ts";

/** A token to create: its purpose, its scopes and its end (null: none). */
export type WantedToken = { name: string; scopes: Scope[]; expires_at: UnixSeconds | null };

/** Throws INSUFFICIENT_SCOPE for a token with more scopes, or a later end, than the admin who requests it. */
export function checkWantedToken(
  { scopes, expiresAt }: Pick<Admin, "scopes" | "expiresAt">,
  wanted: Pick<WantedToken, "scopes" | "expires_at">,
): void {
  if (!allowsAll(scopes, wanted.scopes)) {
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "You can only grant scopes that you have yourself." });
  }
  if (expiresAt !== null && (wanted.expires_at === null || wanted.expires_at > expiresAt)) {
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "The new token must not expire later than your own." });
  }
}

/** Creates a token and returns it with its record. The token cannot be read again. Throws like `checkWantedToken`. */
export async function makeAdminToken(
  db: D1Database,
  admin: AdminActor & Pick<Admin, "expiresAt">,
  wanted: WantedToken,
): Promise<{ token: string; record: AdminToken }> {
  checkWantedToken(admin, wanted);
  return createAdminToken(db, admin, wanted);
}

/**
 * The token with this id, if the admin may revoke it. Throws NOT_FOUND, or INSUFFICIENT_SCOPE if it has more scopes
 * than the admin.
 */
export async function readRevocableToken(
  db: D1Database,
  { scopes }: Pick<Admin, "scopes">,
  id: string,
): Promise<AdminToken> {
  const token = await readAdminToken(db, id);
  if (token === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no admin token ${id}.` });
  if (allowsAll(scopes, token.scopes)) return token;
  throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "This token has scopes that you do not have." });
}

/** Revokes a token. Idempotent. Throws like `readRevocableToken`, and CONFLICT for the last live owner token. */
export async function endAdminToken(db: D1Database, admin: AdminActor, id: string, reason?: string): Promise<void> {
  const token = await readRevocableToken(db, admin, id);
  if ((await revokeAdminToken(db, admin, token, reason)) === "last_owner") {
    const detail = "This is the last valid owner token. Please create another one first.";
    throw new Problem({ code: "CONFLICT", detail });
  }
}
