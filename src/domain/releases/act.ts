import { newId } from "../../lib/id.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { type Changed, change, create } from "../../platform/storage/change.ts";
import { type Actor, ifChanged, isUniqueViolation } from "../../platform/storage/ledger.ts";
import { discardWrite, freeDiscarded } from "./artifact/discarded-store.ts";
import { decideMove, type ReleaseAction, type ReleaseStatus } from "./decision.ts";
import type { Channel } from "./manifest.ts";
import { obstacleInFiles, type PublicationRules } from "./publication.ts";
import { NO_SOURCE, obstacleInSource, type SourceColumns } from "./source/decision.ts";
import { type Release, readRelease, refusalIfChanged, releaseRoot, selectReleases } from "./store.ts";

/** Makes a draft. Throws CONFLICT if the worker has this version already, in any status. */
export async function createRelease(
  db: D1Database,
  actor: Actor,
  draft: { worker_id: string; version: string; channel: Channel; notes: string | null } & Partial<SourceColumns>,
): Promise<Release> {
  const { worker_id, version, channel, notes, ...given } = draft;
  const source: SourceColumns = { ...NO_SOURCE, ...given };
  const id = newId("rel");
  const insert = `INSERT INTO releases (id, worker_id, version, channel, notes, source_tag, source_repository, source_commit,
     source_signature, created_at, last_change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  const { source_tag, source_repository, source_commit, source_signature } = source;
  const facts = [
    id,
    worker_id,
    version,
    channel,
    notes,
    source_tag,
    source_repository,
    source_commit,
    source_signature,
  ];
  const creation = {
    table: "releases",
    id,
    action: "release.create",
    details: { worker_id, version, channel },
    insert: (made: { id: string }) => db.prepare(insert).bind(...facts, actor.now, made.id),
  } as const;
  try {
    await create(db, creation, { actor });
  } catch (error) {
    if (!isUniqueViolation(error, "releases.worker_id, releases.version")) throw error;
    const [taken] = await selectReleases(db, "worker_id = ? AND version = ?", worker_id, version);
    const detail = `${worker_id} ${version} exists already: ${taken?.id} (${taken?.status}).`;
    throw new Problem({ code: "CONFLICT", detail });
  }
  return readRelease(db, id);
}

/**
 * The status after an action on a release, or the reason against it as a sentence, for act and preview. With `rules`
 * the signatures, packages and source of a release to be published are checked again, because an earlier version of
 * this service, or another configuration, may have accepted them. Throws D1's errors.
 */
export async function decideOn(
  db: D1Database,
  release: Release,
  action: ReleaseAction,
  rules: PublicationRules | null,
): Promise<Result<ReleaseStatus, string>> {
  const next = decideMove(release, action);
  if (!next.ok || next.value === release.status || action !== "publish" || rules === null) return next;
  const obstacle = (await obstacleInSource(release, rules.policy)) ?? (await obstacleInFiles(db, release, rules));
  return obstacle === null ? next : err(obstacle);
}

/**
 * Publishes, yanks, unyanks or blocks a release. Changes nothing, and records nothing, if it has that status already.
 * `lastChange`: only if that is still the release's last change. Throws VERSION_NOT_FOUND, and CONFLICT if the status
 * does not allow the action, or a release to be published is not complete or its files do not keep to `rules`.
 */
export const moveRelease = (
  db: D1Database,
  actor: Actor,
  id: string,
  action: ReleaseAction,
  reason: string | null,
  rules: PublicationRules | null = null,
  lastChange: string | null = null,
): Promise<Changed<Release>> =>
  change(
    db,
    releaseRoot,
    id,
    async (release) => {
      const next = await decideOn(db, release, action, rules);
      if (!next.ok) return err({ code: "CONFLICT", detail: next.error });
      if (next.value === release.status) return ok(null);
      const changed = refusalIfChanged(release, lastChange);
      if (changed) return err(changed);
      const { worker_id, version, published_at, revision } = release;
      const by = action === "publish" ? { published_by: actor.actor, published_run: actor.run ?? null } : {};
      const patch = { status: next.value, published_at: published_at ?? actor.now, revision: revision + 1, ...by };
      return ok({ action: `release.${action}`, details: { worker_id, version }, patch });
    },
    { actor, reason },
  );

/**
 * Deletes a draft with its files, uploaded or not, and its provenance. Its version is free again. Throws
 * VERSION_NOT_FOUND, and CONFLICT if the release is no draft: a release that was offered is never deleted.
 */
export async function deleteDraft(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Actor,
  id: string,
  reason: string | null,
): Promise<void> {
  const { row } = await change(
    env.DB,
    releaseRoot,
    id,
    (release) => {
      const refusal = refusalOfDeletion(release);
      if (refusal) return err(refusal);
      const { worker_id, version } = release;
      return ok({ action: "release.delete", details: { worker_id, version }, patch: {}, removed: true, beside });
    },
    { actor, reason },
  );
  for (const { object_key, upload_id } of row.artifacts) await freeDiscarded(env, { object_key, upload_id });

  function beside(made: { id: string; at: number }): D1PreparedStatement[] {
    const root = { table: "releases", id } as const;
    const run = (sql: string) => ifChanged(env.DB, root, made.id, sql, id);
    const ofItsFiles = "artifact_id IN (SELECT id FROM artifacts WHERE release_id = ?) AND TOOK_EFFECT";
    const discard = (columns: string, table: string) =>
      discardWrite(env.DB, root, made, `SELECT ${columns} FROM ${table} WHERE release_id = ?`, id);
    return [
      discard("object_key, upload_id", "artifacts"),
      discard("object_key, NULL", "provenance"),
      run(`DELETE FROM artifact_parts WHERE ${ofItsFiles}`),
      run(`DELETE FROM package_contents WHERE ${ofItsFiles}`),
      run(`DELETE FROM packages WHERE ${ofItsFiles}`),
      run("DELETE FROM artifacts WHERE release_id = ? AND TOOK_EFFECT"),
      run("DELETE FROM provenance WHERE release_id = ? AND TOOK_EFFECT"),
    ];
  }
}

/** The refusal to delete a release, or null for a draft. */
export const refusalOfDeletion = ({ worker_id, version, status }: Release): Refusal | null =>
  status === "draft"
    ? null
    : { code: "CONFLICT", detail: `${worker_id} ${version} is ${status}. Only drafts are deleted: yank or block it.` };
