import type { UnixSeconds } from "../../lib/time.ts";
import { allowsAll, type Scope } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";
import { type AdminToken, createAdminToken, readAdminToken, revokeAdminToken } from "./admin-token-store.ts";
import type { Admin, AdminActor } from "./authentication.ts";

/** A token to be made: what it is for, what it may do, and when it ends (null: never). */
export type WantedToken = { name: string; scopes: Scope[]; expires_at: UnixSeconds | null };

/**
 * Refuses a token that would do more, or live longer, than the admin who asks for it. Throws INSUFFICIENT_SCOPE.
 */
export function checkWantedToken(
  { scopes, expiresAt }: Pick<Admin, "scopes" | "expiresAt">,
  wanted: Pick<WantedToken, "scopes" | "expires_at">,
): void {
  if (!allowsAll(scopes, wanted.scopes)) {
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "A token can only hand on scopes that it has itself." });
  }
  if (expiresAt !== null && (wanted.expires_at === null || wanted.expires_at > expiresAt)) {
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "A token that expires makes none that outlives it." });
  }
}

/** Makes a token and returns it, this once, with its record. Throws INSUFFICIENT_SCOPE (`checkWantedToken`). */
export async function makeAdminToken(
  db: D1Database,
  admin: AdminActor & Pick<Admin, "expiresAt">,
  wanted: WantedToken,
): Promise<{ token: string; record: AdminToken }> {
  checkWantedToken(admin, wanted);
  return createAdminToken(db, admin, wanted);
}

/** The token with this id, if the admin may revoke it. Throws NOT_FOUND, and INSUFFICIENT_SCOPE where it may do more than they. */
export async function readRevocableToken(
  db: D1Database,
  { scopes }: Pick<Admin, "scopes">,
  id: string,
): Promise<AdminToken> {
  const token = await readAdminToken(db, id);
  if (token === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no admin token ${id}.` });
  if (allowsAll(scopes, token.scopes)) return token;
  throw new Problem({
    code: "INSUFFICIENT_SCOPE",
    detail: "This token may do more than the one that would revoke it.",
  });
}

/** Revokes a token; repeatable. Throws what `readRevocableToken` does, and CONFLICT for the last owner token in force. */
export async function endAdminToken(db: D1Database, admin: AdminActor, id: string, reason?: string): Promise<void> {
  const token = await readRevocableToken(db, admin, id);
  if ((await revokeAdminToken(db, admin, token, reason)) === "last_owner") {
    const detail = "This is the last owner token in force. Please make another first.";
    throw new Problem({ code: "CONFLICT", detail });
  }
}
