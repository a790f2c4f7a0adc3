import { z } from "@hono/zod-openapi";
import { encodeBase64Url, sha256 } from "../../lib/encoding.ts";
import { Problem } from "../http/problem.ts";
import { type Change, ifChanged, isUniqueViolation, type Root } from "./ledger.ts";

/** A request that its sender may repeat: its sender, its key, and a digest of its content. */
export type IdempotentRequest = { actor: string; key: string; requestHash: string };

/**
 * The request to compare repetitions with, or null without an `Idempotency-Key`. `asked` is everything that the
 * request's effect depends on: the operation, its path and its parsed body.
 */
export async function idempotentRequest(
  actor: string,
  key: string | undefined,
  asked: unknown,
): Promise<IdempotentRequest | null> {
  if (key === undefined) return null;
  return { actor, key, requestHash: encodeBase64Url(await sha256(JSON.stringify(asked))) };
}

/**
 * The subject of an earlier request with this key, or null if there is none or no key. Throws CONFLICT when the earlier
 * request asked for something else.
 */
export async function findRepetition(db: D1Database, request: IdempotentRequest | null): Promise<string | null> {
  if (request === null) return null;
  const row = await db
    .prepare("SELECT request_hash, subject FROM idempotency_keys WHERE actor = ? AND key = ?")
    .bind(request.actor, request.key)
    .first<{ request_hash: string; subject: string }>();
  if (!row) return null;
  if (row.request_hash === request.requestHash) return row.subject;
  const detail = "This Idempotency-Key was used for another request. Use a new one.";
  throw new Problem({ code: "CONFLICT", detail });
}

/** Whether a request of the actor with this key took effect. Its content is not compared. Throws D1's errors. */
export async function isKnownKey(db: D1Database, actor: string, key: string | undefined): Promise<boolean> {
  if (key === undefined) return false;
  const known = db.prepare("SELECT 1 FROM idempotency_keys WHERE actor = ? AND key = ?").bind(actor, key);
  return (await known.first()) !== null;
}

/**
 * Remembers the request in the transaction of its change, if that change takes effect. It violates UNIQUE(actor, key),
 * which rolls the transaction back, when the same request is carried out at the same time.
 */
export const rememberRequest = (
  db: D1Database,
  { actor, key, requestHash }: IdempotentRequest,
  change: Change,
  root: Root,
): D1PreparedStatement =>
  ifChanged(
    db,
    root,
    change.id,
    "INSERT INTO idempotency_keys (actor, key, request_hash, subject, created_at) SELECT ?, ?, ?, ?, ? WHERE TOOK_EFFECT",
    actor,
    key,
    requestHash,
    change.subject,
    change.at,
  );

/** Whether D1 rolled a change back because the same request was carried out in the meantime. */
export const isRepetition = (error: unknown): boolean => isUniqueViolation(error, "idempotency_keys.");

/** The header that makes a request idempotent. */
export const IdempotencyHeader = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().openapi({
    description: "A new text for each intention. A repeated request has the same text.",
    example: "order-4711",
  }),
});
