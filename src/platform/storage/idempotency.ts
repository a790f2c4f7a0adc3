import { encodeBase64Url, sha256 } from "../../lib/encoding.ts";
import { Problem } from "../http/problem.ts";
import type { Change, RootTable } from "./ledger.ts";

/** A request that its sender may repeat: who sent it, under which key, and a digest of what it asks. */
export type IdempotentRequest = { actor: string; key: string; requestHash: string };

/**
 * The request to recognize a repetition by, or null without an `Idempotency-Key`. `asked` is everything the request's effect
 * depends on: the operation, its path and its parsed body.
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
 * The subject that an earlier request with this key was carried out on, or null: none, or no key. Throws CONFLICT when that
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

/**
 * Remembers the request, in the transaction of the change that carries it out and only if that change took effect.
 * Violates UNIQUE(actor, key), and so fails the transaction, when the same request is being carried out at the same time.
 */
export const rememberRequest = (
  db: D1Database,
  request: IdempotentRequest,
  change: Change,
  root: { table: RootTable; id: string },
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO idempotency_keys (actor, key, request_hash, subject, created_at)
       SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM ${root.table} WHERE id = ? AND last_change = ?)`,
    )
    .bind(request.actor, request.key, request.requestHash, change.subject, change.at, root.id, change.id);
