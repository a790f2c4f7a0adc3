import * as z from "zod";
import type { UnixSeconds } from "../../lib/time.ts";

/** The most ancestors that a token has. A token with that many makes no other. */
export const MAX_ANCESTORS = 8;

/** Why a token has ended: by itself, or with the nearest of its ancestors that has ended. */
export const TOKEN_ENDS = ["revoked", "expired", "parent_revoked", "parent_expired", "parent_renewed"] as const;

/** The end of a token: its cause, its time, and the token that ended, which is the token itself or an ancestor. */
export type TokenEnd = { why: (typeof TOKEN_ENDS)[number]; at: UnixSeconds; token_id: string };

/**
 * The one condition of a token's life, as an SQL expression over the row that `token` names: null while the token and
 * every ancestor are in force at the time of the parameter `now`, else JSON of the nearest token that has ended.
 * A renewed ancestor counts as ended, because the token was made with its older secret. It fails closed: a missing
 * ancestor, or a line that is too long, counts as ended.
 */
export const endOfLine = (token: string, now: string): string => `(
  WITH RECURSIVE line (id, generation, depth) AS (
    SELECT ${token}.id, ${token}.generation, 0
    UNION ALL SELECT child.parent_id, child.parent_generation, line.depth + 1
    FROM line JOIN admin_tokens AS child ON child.id = line.id
    WHERE child.parent_id IS NOT NULL AND line.depth <= ${MAX_ANCESTORS}
  )
  SELECT json_object('id', line.id, 'depth', line.depth, 'revoked_at', one.revoked_at, 'expires_at', one.expires_at,
    'renewed_at', CASE WHEN one.generation <> line.generation THEN one.renewed_at END)
  FROM line LEFT JOIN admin_tokens AS one ON one.id = line.id
  WHERE one.id IS NULL OR one.revoked_at IS NOT NULL OR one.expires_at <= ${now}
    OR one.generation <> line.generation OR line.depth > ${MAX_ANCESTORS}
  ORDER BY line.depth LIMIT 1)`;

/** The number of ancestors of the row that `token` names, as an SQL expression. */
export const ancestorsOf = (token: string): string => `(
  WITH RECURSIVE line (id, depth) AS (
    SELECT ${token}.id, 0
    UNION ALL SELECT child.parent_id, line.depth + 1 FROM line JOIN admin_tokens AS child ON child.id = line.id
    WHERE child.parent_id IS NOT NULL AND line.depth <= ${MAX_ANCESTORS}
  )
  SELECT max(depth) FROM line)`;

/** The descendants of the token ?1 by parameter, without itself: a table of ids for `FROM`. */
export const DESCENDANTS = `(
  WITH RECURSIVE below (id) AS (
    SELECT id FROM admin_tokens WHERE parent_id = ?1
    UNION SELECT admin_tokens.id FROM below JOIN admin_tokens ON admin_tokens.parent_id = below.id
  )
  SELECT id FROM below)`;

const EndOfLine = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(
    z.object({
      id: z.string(),
      depth: z.number(),
      revoked_at: z.number().nullable(),
      expires_at: z.number().nullable(),
      renewed_at: z.number().nullable(),
    }),
  );

/** The value of `endOfLine` as the end of a token; null if the token is in force. */
export const TokenEndOfLine = EndOfLine.nullable().transform((end): TokenEnd | null => {
  if (end === null) return null;
  const { id: token_id, depth, revoked_at, expires_at, renewed_at } = end;
  if (depth === 0) {
    return revoked_at === null
      ? { why: "expired", at: expires_at ?? 0, token_id }
      : { why: "revoked", at: revoked_at, token_id };
  }
  if (renewed_at !== null) return { why: "parent_renewed", at: renewed_at, token_id };
  if (revoked_at !== null) return { why: "parent_revoked", at: revoked_at, token_id };
  return { why: "parent_expired", at: expires_at ?? 0, token_id };
});
