import { err, ok } from "../../lib/result.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { type Changed, change } from "../../platform/storage/change.ts";
import { type Actor, ifChanged } from "../../platform/storage/ledger.ts";
import { freeDiscarded } from "./artifact/discarded-store.ts";
import { sourceBlockWrites } from "./blocked-files.ts";
import { filesDelete } from "./files-delete.ts";
import { NO_SOURCE, sumsOfSource } from "./source/decision.ts";
import { type Artifact, type Release, releaseRoot } from "./store.ts";

/** The refusal to lift a block, or null. For act and preview. A block that is lifted already is no refusal. */
export const refusalOfUnblock = ({ worker_id, version, status, unblocked_at }: Release): Refusal | null =>
  status === "blocked" || isFreed({ status, unblocked_at })
    ? null
    : { code: "CONFLICT", detail: `${worker_id} ${version} is ${status}. Only a blocked release is unblocked.` };

/** Whether a release is what an unblocked one leaves: an empty draft, which a new draft of the version replaces. */
export const isFreed = ({ status, unblocked_at }: Pick<Release, "status" | "unblocked_at">): boolean =>
  status === "draft" && unblocked_at !== null;

/**
 * Lifts the block of a release. Its files, their sums and its source go into the audit trail and leave the release,
 * which becomes an empty draft: the version is free for a new build. The blocked bytes stay blocked (`findBlocked`),
 * and so does the signed source.
 * Idempotent. Settle the changes. Throws VERSION_NOT_FOUND, and the refusal of `refusalOfUnblock`.
 */
export async function unblockRelease(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Actor,
  id: string,
  reason: string,
): Promise<Changed<Release>> {
  let dropped: readonly Artifact[] = [];
  const changed = await change(
    env.DB,
    releaseRoot,
    id,
    async (release) => {
      const refusal = refusalOfUnblock(release);
      if (refusal) return err(refusal);
      if (release.status !== "blocked") return ok(null);
      dropped = release.artifacts;
      const { worker_id, version, revision, source_tag, source_commit, published_at } = release;
      const files = release.artifacts.map(({ platform, filename, size, sha256 }) => ({
        platform,
        filename,
        size,
        sha256,
      }));
      const sums = await sumsOfSource(release);
      return ok({
        action: "release.unblock",
        details: { worker_id, version, published_at, source_tag, source_commit, files },
        patch: {
          ...{ status: "draft", published_at: null, revision: 1, artifacts: [], provenance: null },
          ...{ ...NO_SOURCE, notes: null, unblocked_at: actor.now, published_by: null, published_run: null },
        },
        beside: (made) => [
          ...sourceBlockWrites(env.DB, { id, worker_id, version }, sums, made),
          ...filesDelete(env.DB, id, made),
          retire(env.DB, { id, worker_id, revision }, made.id),
        ],
      });
    },
    { actor, reason },
  );
  for (const { object_key, upload_id } of dropped) await freeDiscarded(env, { object_key, upload_id });
  return changed;
}

/** The statement that keeps the serial of a worker's manifest growing, although the release leaves it. */
const retire = (
  db: D1Database,
  { id, worker_id, revision }: Pick<Release, "id" | "worker_id" | "revision">,
  changeId: string,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id },
    changeId,
    `INSERT INTO retired_revisions (worker_id, revisions) SELECT ?, ? WHERE TOOK_EFFECT
     ON CONFLICT (worker_id) DO UPDATE SET revisions = revisions + excluded.revisions`,
    ...[worker_id, revision + 1],
  );
