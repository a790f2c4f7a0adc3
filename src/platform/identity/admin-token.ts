import * as z from "zod";
import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { allowsAll, SCOPES, type Scope } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";
import { type Actor, commitChange, newChange } from "../storage/ledger.ts";

const COLUMNS = "id, name, scopes, created_at, expires_at, revoked_at";

const AdminTokenRow = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.string().transform((text) => z.array(z.enum(SCOPES)).parse(JSON.parse(text))),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  revoked_at: z.number().nullable(),
});

/** The record of an admin token. It does not contain the token. */
export type AdminToken = z.output<typeof AdminTokenRow>;

/**
 * The record of this token, also of a revoked or expired one; null if unknown. The index compares digests and not
 * tokens, so its timing reveals nothing about a real token.
 */
export async function findAdminToken(db: D1Database, token: string): Promise<AdminToken | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE token_hash = ?`)
    .bind(await hashAdminToken(token))
    .first();
  return row && AdminTokenRow.parse(row);
}

/** The token with this id, or null. */
export async function readAdminToken(db: D1Database, id: string): Promise<AdminToken | null> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE id = ?`).bind(id).first();
  return row && AdminTokenRow.parse(row);
}

/** Up to `limit` tokens, newest first; only those older than the token `before` if it is given. */
export async function listAdminTokens(
  db: D1Database,
  { limit, before }: { limit: number; before: string | undefined },
): Promise<AdminToken[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2`)
    .bind(before ?? null, limit)
    .all();
  return results.map((row) => AdminTokenRow.parse(row));
}

/** A token to create: its purpose, its scopes and its end (null: none). */
export type WantedToken = { name: string; scopes: Scope[]; expires_at: UnixSeconds | null };

/** The limits of the admin who requests an act: their scopes, and the end of their token (null: none). */
type Limits = { scopes: readonly Scope[]; expiresAt: UnixSeconds | null };

/** Creates a token and returns it with its record. The token cannot be read again. */
export async function createAdminToken(
  db: D1Database,
  actor: Actor,
  { name, scopes, expires_at }: WantedToken,
): Promise<{ token: string; record: AdminToken }> {
  const token = newAdminToken();
  const record = { id: newId("adm"), name, scopes, created_at: actor.now, expires_at, revoked_at: null };
  const change = newChange(actor, {
    action: "token.create",
    subject: record.id,
    details: { name, scopes, expires_at },
  });
  await commitChange(db, change, { table: "admin_tokens", id: record.id }, [
    db
      .prepare(
        `INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, expires_at, last_change)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(record.id, name, await hashAdminToken(token), JSON.stringify(scopes), actor.now, expires_at, change.id),
  ]);
  return { token, record };
}

/** The number of owner tokens in force at `now`. Throws D1's errors. */
export async function countOwners(db: D1Database, now: UnixSeconds): Promise<number> {
  const row = await db
    .prepare(
      `SELECT count(*) AS owners FROM admin_tokens, json_each(scopes) AS scope
       WHERE scope.value = 'owner' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`,
    )
    .bind(now)
    .first<number>("owners");
  return row ?? 0;
}

/** A condition: at the second ?2, a live owner token other than ?1 exists, so that somebody can still create tokens. */
const ANOTHER_LIVE_OWNER = `EXISTS (
  SELECT 1 FROM admin_tokens AS other, json_each(other.scopes) AS scope
  WHERE scope.value = 'owner' AND other.id <> ?1 AND other.revoked_at IS NULL
    AND (other.expires_at IS NULL OR other.expires_at > ?2))`;

/**
 * Revokes a token for good. `last_owner`: it is the last live owner token, and nothing has changed. The write itself
 * has this condition, so that two owners cannot revoke each other at the same time.
 */
export async function revokeAdminToken(
  db: D1Database,
  actor: Actor,
  { id }: Pick<AdminToken, "id">,
  reason: string | null = null,
): Promise<"revoked" | "already_revoked" | "last_owner"> {
  const change = newChange(actor, { action: "token.revoke", subject: id, reason });
  const revoked = await commitChange(db, change, { table: "admin_tokens", id }, [
    db
      .prepare(
        `UPDATE admin_tokens SET revoked_at = ?2, last_change = ?3
         WHERE id = ?1 AND revoked_at IS NULL AND (
           expires_at <= ?2
           OR NOT EXISTS (SELECT 1 FROM json_each(admin_tokens.scopes) WHERE value = 'owner')
           OR ${ANOTHER_LIVE_OWNER})`,
      )
      .bind(id, actor.now, change.id),
  ]);
  if (revoked) return "revoked";
  return (await readAdminToken(db, id))?.revoked_at === null ? "last_owner" : "already_revoked";
}

/** Throws INSUFFICIENT_SCOPE for a token with more scopes, or a later end, than the admin who requests it. */
export function checkWantedToken(
  { scopes, expiresAt }: Limits,
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
  admin: Actor & Limits,
  wanted: WantedToken,
): Promise<{ token: string; record: AdminToken }> {
  checkWantedToken(admin, wanted);
  return createAdminToken(db, admin, wanted);
}

/** The token with this id. Throws NOT_FOUND, or INSUFFICIENT_SCOPE if it has more scopes than the admin. */
export async function readRevocableToken(
  db: D1Database,
  { scopes }: Pick<Limits, "scopes">,
  id: string,
): Promise<AdminToken> {
  const token = await readAdminToken(db, id);
  if (token === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no admin token ${id}.` });
  if (allowsAll(scopes, token.scopes)) return token;
  throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "This token has scopes that you do not have." });
}

/** Revokes a token. Idempotent. Throws like `readRevocableToken`, and CONFLICT for the last live owner token. */
export async function endAdminToken(
  db: D1Database,
  admin: Actor & Pick<Limits, "scopes">,
  id: string,
  reason?: string,
): Promise<void> {
  const token = await readRevocableToken(db, admin, id);
  if ((await revokeAdminToken(db, admin, token, reason)) === "last_owner") {
    const detail = "This is the last valid owner token. Please create another one first.";
    throw new Problem({ code: "CONFLICT", detail });
  }
}
