import { newId } from "../../lib/id.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { allows, type Scope } from "../../platform/config/scopes.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { type Changed, change, create } from "../../platform/storage/change.ts";
import { type Actor, type Change, isUniqueViolation } from "../../platform/storage/ledger.ts";
import { freeDiscarded } from "./artifact/discarded-store.ts";
import { blockWrite, obstacleOfBlock } from "./blocked-files.ts";
import { decideMove, type ReleaseAction, type ReleaseStatus } from "./decision.ts";
import { filesDelete } from "./files-delete.ts";
import type { Channel } from "./manifest.ts";
import { verificationWrite } from "./provenance/store.ts";
import { obstacleInFiles, type PublicationRules, verificationToPublish } from "./publication.ts";
import { NO_SOURCE, obstacleInSource, type SourceColumns, sumsOfSource } from "./source/decision.ts";
import { type Release, readRelease, refusalIfChanged, releaseRoot, selectReleases } from "./store.ts";
import { isFreed } from "./unblock.ts";

/**
 * Makes a draft. It replaces the empty draft that an unblocked release has left. Throws CONFLICT if the worker has this
 * version already, in any other status.
 */
export async function createRelease(
  db: D1Database,
  actor: Actor,
  draft: { worker_id: string; version: string; channel: Channel; notes: string | null } & Partial<SourceColumns>,
): Promise<Release> {
  const { worker_id, version, channel, notes, ...given } = draft;
  const source: SourceColumns = { ...NO_SOURCE, ...given };
  const id = newId("rel");
  const insert = `INSERT INTO releases (id, worker_id, version, channel, notes, source_tag, source_repository, source_commit,
     source_signature, created_by, created_run, created_at, last_change)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
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
    actor.actor,
    actor.run ? JSON.stringify(actor.run) : null,
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
    if (taken && isFreed(taken) && taken.artifacts.length === 0) {
      await removeFreed(db, actor, taken.id);
      return createRelease(db, actor, draft);
    }
    const detail = `${worker_id} ${version} exists already: ${taken?.id} (${taken?.status}).`;
    throw new Problem({ code: "CONFLICT", detail });
  }
  return readRelease(db, id);
}

/** Removes what an unblocked release has left. Does nothing if others have removed it or given it files. */
async function removeFreed(db: D1Database, actor: Actor, id: string): Promise<void> {
  const remove = ({ worker_id, version, artifacts, ...release }: Release) =>
    isFreed(release) && artifacts.length === 0
      ? ok({ action: "release.delete" as const, details: { worker_id, version }, patch: {}, removed: true })
      : ok(null);
  await change(db, releaseRoot, id, remove, { actor }).catch((error: unknown) => {
    if (!(error instanceof Problem && error.code === "VERSION_NOT_FOUND")) throw error;
  });
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
  if (!next.ok || next.value === release.status || next.value !== "published") return next;
  const blocked = await obstacleOfBlock(db, [...release.artifacts, ...(await sumsOfSource(release))]);
  if (blocked !== null) return err(blocked);
  if (action !== "publish" || rules === null) return next;
  const obstacle = (await obstacleInSource(release, rules.policy)) ?? (await obstacleInFiles(db, release, rules));
  if (obstacle !== null) return err(obstacle);
  const verification = await verificationToPublish(db, release, rules);
  return verification.ok ? next : verification;
}

/**
 * Publishes, yanks, unyanks or blocks a release. Changes nothing, and records nothing, if it has that status already.
 * `lastChange`: only if that is still the release's last change. A release is published with the verification of its
 * provenance by the publishers of now. Throws VERSION_NOT_FOUND, and CONFLICT if the status does not allow the action,
 * or a release to be published is not complete or does not keep to `rules`.
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
      const since = { published_at: published_at ?? actor.now, unblocked_at: null };
      const patch = { status: next.value, ...since, revision: revision + 1, ...by };
      const done = { action: `release.${action}` as const, details: { worker_id, version }, patch };
      if (action === "block") return ok({ ...done, beside: (made: Change) => [blockWrite(db, release, made)] });
      const { provenance } = release;
      if (action !== "publish" || rules === null || provenance === null) return ok(done);
      const checked = await verificationToPublish(db, release, rules);
      if (!checked.ok || checked.value === null) return ok(done);
      const verification = checked.value;
      const beside = (made: Change) => [verificationWrite(db, id, verification, made)];
      return ok({ ...done, patch: { ...patch, provenance: { ...provenance, verification } }, beside });
    },
    { actor, reason },
  );

/**
 * Deletes a draft with its files, uploaded or not, and its provenance. Its version is free again. Throws
 * VERSION_NOT_FOUND, and the refusals of `refusalOfDeletion`.
 */
export async function deleteDraft(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Deleter,
  id: string,
  reason: string | null,
): Promise<void> {
  const { row } = await change(
    env.DB,
    releaseRoot,
    id,
    (release) => {
      const refusal = refusalOfDeletion(release, actor);
      if (refusal) return err(refusal);
      const { worker_id, version } = release;
      const beside = (made: { id: string; at: number }) => filesDelete(env.DB, id, made);
      return ok({ action: "release.delete", details: { worker_id, version }, patch: {}, removed: true, beside });
    },
    { actor, reason },
  );
  for (const { object_key, upload_id } of row.artifacts) await freeDiscarded(env, { object_key, upload_id });
}

/** Whether there was a draft with this id, which has been deleted: the trail has the act. Throws D1's errors. */
export async function wasDeleted(db: D1Database, id: string): Promise<boolean> {
  const act = db.prepare("SELECT 1 FROM audit WHERE subject = ? AND action = 'release.delete' LIMIT 1").bind(id);
  return (await act.first()) !== null;
}

/** The actor of a deletion, with the scopes that limit it; without scopes it deletes only what it drafted itself. */
type Deleter = Actor & { scopes?: readonly Scope[] };

/**
 * The refusal to delete a release, or null: CONFLICT unless it is a draft, because a release that was offered is never
 * deleted, and INSUFFICIENT_SCOPE for the draft of another actor without `releases:withdraw`.
 */
export function refusalOfDeletion(
  { worker_id, version, status, created_by }: Release,
  { actor, scopes = [] }: Pick<Deleter, "actor" | "scopes">,
): Refusal | null {
  if (status !== "draft") {
    const detail = `${worker_id} ${version} is ${status}. Only drafts are deleted: yank or block it.`;
    return { code: "CONFLICT", detail };
  }
  if (created_by === null || created_by === actor || allows(scopes, "releases:withdraw")) return null;
  const detail = "Another publisher made this draft. To delete it, you need the scope releases:withdraw.";
  return { code: "INSUFFICIENT_SCOPE", detail };
}
