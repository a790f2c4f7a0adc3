import * as z from "zod";
import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import { newId } from "../../lib/id.ts";
import { printable } from "../../lib/printable.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { currentScopes, needsRenewal, SCOPES, SCOPES_VERSION, type Scope } from "../config/scopes.ts";
import { type Actor, commitChange, newChange } from "../storage/ledger.ts";
import { WorkflowRun } from "../storage/workflow-run.ts";
import { endOfLine, TokenEndOfLine } from "./token-line.ts";

/** The columns of a token, and its end at the second ?1. */
const SELECT = `SELECT token.id, token.name, token.scopes, token.scopes_version, token.workers, token.created_at,
  token.expires_at, token.revoked_at, token.renewed_at, token.generation, token.parent_id, token.publisher_id, token.run,
  ${endOfLine("token", "?1")} AS ended FROM admin_tokens AS token`;

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema);

const AdminTokenRow = z
  .object({
    id: z.string(),
    name: z.string().overwrite(printable),
    // A newer version may know more scopes. Here they allow nothing.
    scopes: json(z.array(z.string())).transform((names) => SCOPES.filter((scope) => names.includes(scope))),
    scopes_version: z.number(),
    workers: json(z.array(z.string())).nullable(),
    created_at: z.number(),
    expires_at: z.number().nullable(),
    revoked_at: z.number().nullable(),
    renewed_at: z.number().nullable(),
    generation: z.number(),
    parent_id: z.string().nullable(),
    publisher_id: z.string().nullable(),
    /** The workflow run that a publisher's token was given to. */
    run: json(WorkflowRun).nullable(),
    ended: TokenEndOfLine,
  })
  .transform(({ scopes, scopes_version, ...row }) => ({
    ...row,
    /** The scopes by the names that they were granted with. */
    granted: scopes,
    /** All that it may do, in the scopes of today. */
    scopes: currentScopes(scopes, scopes_version),
    /** Whether it was made before the scopes were divided and still has what they allowed then. */
    needs_renewal: needsRenewal(scopes, scopes_version),
  }));

/** The record of an admin token. It does not contain the token. `ended` null: it is in force. */
export type AdminToken = z.output<typeof AdminTokenRow>;

/**
 * The record of this token at `now`, also of one that has ended; null if unknown. The index compares digests and not
 * tokens, so its timing reveals nothing about a real token.
 */
export async function findAdminToken(db: D1Database, token: string, now: UnixSeconds): Promise<AdminToken | null> {
  const row = await db
    .prepare(`${SELECT} WHERE token.token_hash = ?2`)
    .bind(now, await hashAdminToken(token))
    .first();
  return row && AdminTokenRow.parse(row);
}

/** The token with this id at `now`, or null. */
export async function readAdminToken(db: D1Database, id: string, now: UnixSeconds): Promise<AdminToken | null> {
  const row = await db.prepare(`${SELECT} WHERE token.id = ?2`).bind(now, id).first();
  return row && AdminTokenRow.parse(row);
}

/** Up to `limit` tokens at `now`, newest first; only those older than the token `before` if it is given. */
export async function listAdminTokens(
  db: D1Database,
  { limit, before, now }: { limit: number; before: string | undefined; now: UnixSeconds },
): Promise<AdminToken[]> {
  const { results } = await db
    .prepare(`${SELECT} WHERE ?2 IS NULL OR token.id < ?2 ORDER BY token.id DESC LIMIT ?3`)
    .bind(now, before ?? null, limit)
    .all();
  return results.map((row) => AdminTokenRow.parse(row));
}

/**
 * A token to create: its purpose, its scopes, its end (null: none), the workers that it is limited to (null: all), and
 * the trusted publisher that it acts for, if any.
 */
export type WantedToken = {
  name: string;
  scopes: readonly Scope[];
  expires_at: UnixSeconds | null;
  workers?: readonly string[] | null;
  publisher_id?: string | null;
};

/** The token that a request was authenticated with, and its generation then. */
export type MakerToken = Pick<AdminToken, "id" | "generation">;

/**
 * Creates a token and returns it with its record. The token cannot be read again. `maker`: the token that it ends with;
 * null if a person makes it, or the service for a trusted publisher.
 */
export async function createAdminToken(
  db: D1Database,
  actor: Actor,
  { name, scopes, expires_at, workers = null, publisher_id = null }: WantedToken,
  maker: MakerToken | null = null,
): Promise<{ token: string; record: AdminToken }> {
  const token = newAdminToken();
  const id = newId("adm");
  const change = newChange(actor, {
    action: "token.create",
    subject: id,
    details: { name, scopes, expires_at, ...(workers && { workers }) },
  });
  const row = {
    ...{ id, name, scopes: JSON.stringify(scopes), scopes_version: SCOPES_VERSION },
    ...{ workers: workers && JSON.stringify(workers), publisher_id, created_at: actor.now, expires_at },
    ...{ token_hash: await hashAdminToken(token), last_change: change.id },
    ...{ parent_id: maker?.id ?? null, parent_generation: maker?.generation ?? null },
  };
  const columns = Object.keys(row);
  await commitChange(db, change, { table: "admin_tokens", id }, [
    db
      .prepare(`INSERT INTO admin_tokens (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
      .bind(...Object.values(row)),
  ]);
  const record = await readAdminToken(db, id, actor.now);
  if (record === null) throw new Error(`the token ${id} is not in the ledger`);
  return { token, record };
}

/** A condition: the row that `token` names is an owner in force at the time of the parameter `now`. */
export const isLiveOwner = (token: string, now: string): string =>
  `EXISTS (SELECT 1 FROM json_each(${token}.scopes) WHERE value = 'owner') AND ${endOfLine(token, now)} IS NULL`;

/** The number of owner tokens in force at `now`. Throws D1's errors. */
export async function countOwners(db: D1Database, now: UnixSeconds): Promise<number> {
  const count = await db
    .prepare(`SELECT count(*) AS owners FROM admin_tokens AS token WHERE ${isLiveOwner("token", "?1")}`)
    .bind(now)
    .first<number>("owners");
  return count ?? 0;
}

/** The number of tokens in force at `now` with undivided scopes (`needs_renewal`). Throws D1's errors. */
export async function countUndivided(db: D1Database, now: UnixSeconds): Promise<number> {
  const { results } = await db
    .prepare(`${SELECT} WHERE token.scopes_version < ${SCOPES_VERSION} AND token.revoked_at IS NULL`)
    .bind(now)
    .all();
  return results.map((row) => AdminTokenRow.parse(row)).filter((token) => token.needs_renewal && token.ended === null)
    .length;
}
