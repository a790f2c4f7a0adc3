import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { allowsAll, SCOPES_VERSION, type Scope, WORKER_SCOPES } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";
import { type Actor, commitChange, ifChanged, newChange } from "../storage/ledger.ts";
import {
  type AdminToken,
  createAdminToken,
  isLiveOwner,
  type MakerToken,
  readAdminToken,
  type WantedToken,
} from "./admin-token.ts";
import { ancestorsOf, DESCENDANTS, endOfLine, MAX_ANCESTORS } from "./token-line.ts";
import { isWithin, type WorkerLimit } from "./worker-limit.ts";

/** The admin who requests an act on tokens, with all that limits it. `token` null: a person through Access. */
export type TokenAdmin = Actor &
  WorkerLimit & { scopes: readonly Scope[]; expiresAt: UnixSeconds | null; token: MakerToken | null };

const refused = (detail: string) => new Problem({ code: "INSUFFICIENT_SCOPE", detail });
const conflict = (detail: string) => new Problem({ code: "CONFLICT", detail });

/**
 * Throws INSUFFICIENT_SCOPE for a token with more scopes, more workers or a later end than the admin who requests it,
 * and VALIDATION_FAILED for a token that is limited to workers and has scopes over other things.
 */
export function checkWantedToken(
  admin: Pick<TokenAdmin, "scopes" | "expiresAt" | "workers">,
  { scopes, expires_at, workers = null }: Pick<WantedToken, "scopes" | "expires_at" | "workers">,
): void {
  if (!allowsAll(admin.scopes, scopes)) throw refused("You can only grant scopes that you have yourself.");
  if (!isWithin({ workers }, admin)) throw refused("You can only grant workers that you have yourself.");
  if (admin.expiresAt !== null && (expires_at === null || expires_at > admin.expiresAt)) {
    throw refused("The new token must not expire later than your own.");
  }
  if (workers === null || scopes.every((scope) => WORKER_SCOPES.includes(scope))) return;
  const message = `A token for some workers can only have the scopes ${WORKER_SCOPES.join(", ")}.`;
  throw new Problem({
    code: "VALIDATION_FAILED",
    detail: message,
    extras: { errors: [{ path: "scopes", message }] },
  });
}

/**
 * Creates a token and returns it with its record. The token cannot be read again, and it ends with the token of the
 * admin. Throws like `checkWantedToken`, and CONFLICT if the line of makers is too long.
 */
export async function makeAdminToken(
  db: D1Database,
  admin: TokenAdmin,
  wanted: WantedToken,
): Promise<{ token: string; record: AdminToken }> {
  checkWantedToken(admin, wanted);
  await requireShortLine(db, admin);
  return createAdminToken(db, admin, wanted, admin.token);
}

async function requireShortLine(db: D1Database, { token }: Pick<TokenAdmin, "token">): Promise<void> {
  if (token === null) return;
  const ancestors = await db
    .prepare(`SELECT ${ancestorsOf("token")} AS ancestors FROM admin_tokens AS token WHERE token.id = ?`)
    .bind(token.id)
    .first<number>("ancestors");
  if ((ancestors ?? 0) >= MAX_ANCESTORS) {
    throw conflict(
      "Your token was made by a token that was made by another, and so on. Please use one closer to an owner.",
    );
  }
}

/**
 * The token with this id. Throws NOT_FOUND, or INSUFFICIENT_SCOPE if it has more scopes or workers than the admin.
 */
export async function readManagedToken(
  db: D1Database,
  admin: Pick<TokenAdmin, "scopes" | "workers" | "now">,
  id: string,
): Promise<AdminToken> {
  const token = await readAdminToken(db, id, admin.now);
  if (token === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no admin token ${id}.` });
  if (!allowsAll(admin.scopes, token.scopes)) throw refused("This token has scopes that you do not have.");
  if (!isWithin(token, admin)) throw refused("This token has workers that you do not have.");
  return token;
}

/** Throws INSUFFICIENT_SCOPE unless an admin may keep a token whose maker ends. */
export function checkMayKeep({ scopes }: Pick<TokenAdmin, "scopes">): void {
  if (!scopes.includes("owner")) throw refused("Only an owner keeps a token when the token that made it ends.");
}

/** The number of tokens in force at `now` that end with this one. Throws D1's errors. */
export async function countDependents(db: D1Database, id: string, now: UnixSeconds): Promise<number> {
  const count = await db
    .prepare(
      `SELECT count(*) AS count FROM admin_tokens AS token WHERE token.id IN ${DESCENDANTS}
       AND ${endOfLine("token", "?2")} IS NULL`,
    )
    .bind(id, now)
    .first<number>("count");
  return count ?? 0;
}

/** A condition: at the second ?2, an owner in force other than ?1 exists. Unless ?3 is 1, it must not end with ?1. */
const ANOTHER_LIVE_OWNER = `EXISTS (
  SELECT 1 FROM admin_tokens AS other WHERE other.id <> ?1 AND (?3 = 1 OR other.id NOT IN ${DESCENDANTS})
  AND ${isLiveOwner("other", "?2")})`;

const LAST_OWNER = "This is the last valid owner token. Please create another one first.";

/** A revocation: its reason, and the tokens that go on without the revoked one that made them (null: none). */
type Revocation = { reason?: string | null; kept?: readonly string[] | null };

/**
 * Revokes a token for good, and with it all that it made. `last_owner`: no owner token would be left in force, and
 * nothing has changed. The write itself has this condition, so that two owners cannot revoke each other at the same
 * time.
 */
export async function revokeAdminToken(
  db: D1Database,
  actor: Actor,
  { id, generation }: MakerToken,
  { reason = null, kept = null }: Revocation = {},
): Promise<"revoked" | "already_revoked" | "last_owner"> {
  const details = kept === null ? {} : { kept };
  const change = newChange(actor, { action: "token.revoke", subject: id, reason, details });
  const root = { table: "admin_tokens", id } as const;
  const keep = `UPDATE admin_tokens SET parent_id = NULL, parent_generation = NULL
    WHERE parent_id = ? AND parent_generation = ? AND TOOK_EFFECT`;
  const revoked = await commitChange(db, change, root, [
    db
      .prepare(
        `UPDATE admin_tokens SET revoked_at = ?2, last_change = ?4
         WHERE id = ?1 AND revoked_at IS NULL
           AND (NOT (${isLiveOwner("admin_tokens", "?2")}) OR ${ANOTHER_LIVE_OWNER})`,
      )
      .bind(id, actor.now, kept === null ? 0 : 1, change.id),
    ...(kept === null ? [] : [ifChanged(db, root, change.id, keep, id, generation)]),
  ]);
  if (revoked) return "revoked";
  return (await readAdminToken(db, id, actor.now))?.revoked_at === null ? "last_owner" : "already_revoked";
}

/**
 * Revokes a token for good, with all tokens that it made. `keepChildren`: those that it made itself go on without it.
 * Idempotent. Throws like `readManagedToken` and `checkMayKeep`, and CONFLICT if no owner token would be left in force.
 */
export async function endAdminToken(
  db: D1Database,
  admin: TokenAdmin,
  id: string,
  { reason = null, keepChildren = false }: { reason?: string | null; keepChildren?: boolean } = {},
): Promise<void> {
  if (keepChildren) checkMayKeep(admin);
  const token = await readManagedToken(db, admin, id);
  const kept = keepChildren ? await childrenOf(db, id, admin.now) : null;
  if ((await revokeAdminToken(db, admin, token, { reason, kept })) === "last_owner") throw conflict(LAST_OWNER);
}

/** The tokens in force that a token has made itself. */
async function childrenOf(db: D1Database, id: string, now: UnixSeconds): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT token.id FROM admin_tokens AS token WHERE token.parent_id = ?1 AND ${endOfLine("token", "?2")} IS NULL`,
    )
    .bind(id, now)
    .all<{ id: string }>();
  return results.map((row) => row.id);
}

/** A renewal: what the token may do from now on. Everything left out stays, by the names that it was granted with. */
export type Renewal = {
  scopes?: readonly Scope[] | undefined;
  workers?: readonly string[] | undefined;
  expires_at?: UnixSeconds | null | undefined;
};

/**
 * The token that a renewal makes of `token`. Throws like `checkWantedToken`, INSUFFICIENT_SCOPE for more than before,
 * and CONFLICT for a token that has ended or acts for a publisher.
 */
export function renewedToken(admin: TokenAdmin, token: AdminToken, wanted: Renewal): WantedToken {
  const { scopes = token.granted, workers = token.workers, expires_at = token.expires_at } = wanted;
  if (token.publisher_id !== null) throw conflict("A publisher's token cannot be renewed. Each run gets its own.");
  if (token.ended !== null) throw conflict("This token has ended. Please create another one.");
  if (!allowsAll(token.scopes, scopes) || !isWithin({ workers }, token)) {
    throw refused("A renewal cannot add scopes or workers. Please create another token.");
  }
  const renewed = { name: token.name, scopes, workers, expires_at };
  checkWantedToken(admin, renewed);
  return renewed;
}

/**
 * Gives a token a new secret, and the same scopes or fewer. The old secret, its sessions and the tokens made with it
 * end at once. From now on the token ends with the token of the admin, unless it renews itself. Throws like
 * `readManagedToken` and `renewedToken`, and CONFLICT if the admin's own token would end, or it is the last owner.
 */
export async function renewAdminToken(
  db: D1Database,
  admin: TokenAdmin,
  id: string,
  wanted: Renewal,
  reason: string | null = null,
): Promise<{ token: string; record: AdminToken }> {
  const former = await readManagedToken(db, admin, id);
  const { scopes, workers = null, expires_at } = renewedToken(admin, former, wanted);
  const isOwn = admin.token?.id === id;
  if (!isOwn) await requireShortLine(db, admin);
  const token = newAdminToken();
  const details = { scopes, expires_at, ...(workers && { workers }) };
  const change = newChange(admin, { action: "token.renew", subject: id, reason, details });
  const root = { table: "admin_tokens", id } as const;
  // An answer that is lost must not lock everybody out: an owner renews itself only beside another owner.
  const needsAnother = isOwn || !scopes.includes("owner");
  const maker = admin.token;
  const renewed = await commitChange(db, change, root, [
    db
      .prepare(
        `UPDATE admin_tokens SET token_hash = ?4, generation = generation + 1, renewed_at = ?2, scopes = ?5,
           scopes_version = ${SCOPES_VERSION}, workers = ?6, expires_at = ?7, last_change = ?8,
           parent_id = CASE WHEN ?9 = 1 THEN parent_id ELSE ?10 END,
           parent_generation = CASE WHEN ?9 = 1 THEN parent_generation ELSE ?11 END
         WHERE id = ?1 AND generation = ?12 AND ${endOfLine("admin_tokens", "?2")} IS NULL
           AND (?10 IS NULL OR ?10 NOT IN ${DESCENDANTS})
           AND (?13 = 0 OR NOT (${isLiveOwner("admin_tokens", "?2")}) OR ${ANOTHER_LIVE_OWNER})`,
      )
      .bind(
        ...[id, admin.now, 0, await hashAdminToken(token), JSON.stringify(scopes), workers && JSON.stringify(workers)],
        ...[expires_at, change.id, isOwn ? 1 : 0, maker?.id ?? null, maker?.generation ?? null, former.generation],
        needsAnother ? 1 : 0,
      ),
    ifChanged(db, root, change.id, "DELETE FROM sessions WHERE kind = 'token' AND subject = ? AND TOOK_EFFECT", id),
  ]);
  const record = await readManagedToken(db, admin, id);
  if (renewed) return { token, record };
  if (record.generation !== former.generation || record.ended !== null) {
    throw conflict("Somebody else has renewed or ended this token at the same time.");
  }
  throw conflict(needsAnother && former.scopes.includes("owner") ? LAST_OWNER : "Your own token was made by this one.");
}

/**
 * Lets a token go on by itself: it no longer ends with the token that made it. Idempotent. Returns the token. Throws
 * like `readManagedToken` and `checkMayKeep`, and CONFLICT if it has ended.
 */
export async function keepAdminToken(
  db: D1Database,
  admin: TokenAdmin,
  id: string,
  reason: string | null = null,
): Promise<AdminToken> {
  checkMayKeep(admin);
  const token = await readManagedToken(db, admin, id);
  const hasEnded = conflict("This token has ended. Please create another one.");
  if (token.ended !== null) throw hasEnded;
  if (token.parent_id === null) return token;
  const change = newChange(admin, { action: "token.keep", subject: id, reason, details: { parent: token.parent_id } });
  await commitChange(db, change, { table: "admin_tokens", id }, [
    db
      .prepare(
        `UPDATE admin_tokens SET parent_id = NULL, parent_generation = NULL, last_change = ?3
         WHERE id = ?1 AND parent_id IS NOT NULL AND ${endOfLine("admin_tokens", "?2")} IS NULL`,
      )
      .bind(id, admin.now, change.id),
  ]);
  const kept = await readManagedToken(db, admin, id);
  if (kept.ended !== null) throw hasEnded;
  return kept;
}
