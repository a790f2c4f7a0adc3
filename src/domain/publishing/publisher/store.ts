import * as z from "zod";
import { newId } from "../../../lib/id.ts";
import { ok } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { change, create, type RootKind } from "../../../platform/storage/change.ts";
import { type Actor, ifChanged, isUniqueViolation } from "../../../platform/storage/ledger.ts";
import type { RunClaims } from "../claims.ts";
import { ownName } from "../decision.ts";
import type { NewPublisher } from "./fields.ts";

const texts = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(z.array(z.string()));

const PublisherRow = z.object({
  id: z.string(),
  provider: z.literal("github"),
  issuer: z.string(),
  repository: z.string(),
  repository_id: z.string(),
  repository_owner_id: z.string(),
  workflow: z.string(),
  environment: z.string().nullable(),
  refs: texts,
  worker_ids: texts,
  created_at: z.number(),
  used_at: z.number().nullable(),
  removed_at: z.number().nullable(),
  last_change: z.string(),
});

/** A trusted publisher as the ledger has it: a workflow of a repository, and the workers that its runs may publish. */
export type Publisher = z.output<typeof PublisherRow>;

/** The publisher with this id, also a removed one. Throws NOT_FOUND. */
export async function readPublisher(db: D1Database, id: string): Promise<Publisher> {
  const row = await db.prepare("SELECT * FROM publishers WHERE id = ?").bind(id).first();
  if (row === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no publisher ${id}.` });
  return PublisherRow.parse(row);
}

/** Up to `limit` publishers, removed ones included, newest first; only those older than `before` if it is given. */
export async function listPublishers(
  db: D1Database,
  { limit, before }: { limit: number; before: string | undefined },
): Promise<Publisher[]> {
  const { results } = await db
    .prepare("SELECT * FROM publishers WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2")
    .bind(before ?? null, limit)
    .all();
  return results.map((row) => PublisherRow.parse(row));
}

/** The publishers in force that `decidePublisher` needs for a run. */
export async function findPublishers(
  db: D1Database,
  { iss, repository, repository_id }: RunClaims,
): Promise<Publisher[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM publishers WHERE issuer = ?1 AND removed_at IS NULL
         AND (repository_id = ?2 OR lower(substr(repository, instr(repository, '/') + 1)) = ?3)`,
    )
    .bind(iss, repository_id, ownName(repository).toLowerCase())
    .all();
  return results.map((row) => PublisherRow.parse(row));
}

/** The number of a publisher's tokens in force at `now`. */
export async function countTokens(db: D1Database, publisherId: string, now: UnixSeconds): Promise<number> {
  const count = await db
    .prepare("SELECT count(*) AS n FROM admin_tokens WHERE publisher_id = ? AND expires_at > ? AND revoked_at IS NULL")
    .bind(publisherId, now)
    .first<number>("n");
  return count ?? 0;
}

/**
 * Adds a publisher of the configured issuer. Throws CONFLICT if one in force names the same workflow and environment of
 * the repository, so that each run belongs to one publisher. Throws D1's errors.
 */
export async function addPublisher(
  db: D1Database,
  { PUBLISHER_ISSUER }: Pick<Config, "PUBLISHER_ISSUER">,
  actor: Actor,
  wanted: NewPublisher,
  reason: string,
): Promise<Publisher> {
  await requireFree(db, { PUBLISHER_ISSUER }, wanted);
  const id = newId("pub");
  const { refs, worker_ids, ...facts } = wanted;
  const row = {
    ...{ id, provider: "github", issuer: PUBLISHER_ISSUER, ...facts },
    ...{ refs: JSON.stringify(refs), worker_ids: JSON.stringify(worker_ids), created_at: actor.now },
  };
  const columns = [...Object.keys(row), "last_change"];
  const insert = `INSERT INTO publishers (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  const creation = {
    table: "publishers",
    id,
    action: "publisher.add",
    details: wanted,
    insert: (made: { id: string }) => db.prepare(insert).bind(...Object.values(row), made.id),
  } as const;
  try {
    await create(db, creation, { actor, reason });
  } catch (error) {
    // Another owner was faster.
    if (isUniqueViolation(error, "index 'publishers_in_force'")) await requireFree(db, { PUBLISHER_ISSUER }, wanted);
    throw error;
  }
  return readPublisher(db, id);
}

/** Throws CONFLICT if a publisher in force names the same workflow and environment. For the act and its preview. */
export async function requireFree(
  db: D1Database,
  { PUBLISHER_ISSUER }: Pick<Config, "PUBLISHER_ISSUER">,
  { repository, repository_id, workflow, environment }: NewPublisher,
): Promise<void> {
  const present = await db
    .prepare(
      `SELECT id FROM publishers WHERE issuer = ? AND repository_id = ? AND workflow = ? AND removed_at IS NULL
         AND lower(coalesce(environment, '')) = lower(?)`,
    )
    .bind(PUBLISHER_ISSUER, repository_id, workflow, environment ?? "")
    .first<string>("id");
  if (present === null) return;
  const where = environment === null ? "without an environment" : `in the environment ${environment}`;
  throw new Problem({
    code: "CONFLICT",
    detail: `${present} names ${workflow} of ${repository} ${where} already. Remove it first, or name another environment.`,
  });
}

type PublisherPatch = Pick<Publisher, "removed_at">;

const publisherRoot: RootKind<Publisher, PublisherPatch> = {
  table: "publishers",
  read: readPublisher,
  write: (db, { id, last_change }, { removed_at }, made) =>
    db
      .prepare("UPDATE publishers SET removed_at = ?, last_change = ? WHERE id = ? AND last_change = ?")
      .bind(removed_at, made.id, id, last_change),
  after: (row, patch, made) => ({ ...row, ...patch, last_change: made.id }),
  publication: () => undefined,
};

/** Removes a publisher for good; its tokens end in the same transaction. Idempotent. Throws NOT_FOUND, D1's errors. */
export async function removePublisher(db: D1Database, actor: Actor, id: string, reason: string): Promise<Publisher> {
  const endTokens = (made: { id: string }) =>
    ifChanged(
      db,
      { table: "publishers", id },
      made.id,
      "UPDATE admin_tokens SET revoked_at = ? WHERE publisher_id = ? AND expires_at > ? AND revoked_at IS NULL AND TOOK_EFFECT",
      actor.now,
      id,
      actor.now,
    );
  const { row } = await change(
    db,
    publisherRoot,
    id,
    (publisher) => {
      if (publisher.removed_at !== null) return ok(null);
      const { repository, workflow, environment, worker_ids } = publisher;
      const details = { repository, workflow, environment, worker_ids };
      return ok({
        action: "publisher.remove",
        patch: { removed_at: actor.now },
        details,
        beside: (made) => [endTokens(made)],
      });
    },
    { actor, reason },
  );
  return row;
}
