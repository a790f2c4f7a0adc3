import { err, ok } from "../../../lib/result.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type Changed, change } from "../../../platform/storage/change.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { findWorker } from "../../workers/workers.ts";
import type { SignaturePolicy } from "../artifact/check.ts";
import { obstacleOfBlock } from "../blocked-files.ts";
import { type Release, releaseRoot } from "../store.ts";
import { readSource, type SentSource, signedSourceOf, sumsOfSource } from "./decision.ts";

/**
 * Attaches the signed source to a release. A draft's may be replaced. A published release may still gain one and then
 * keeps it, as it keeps its files. The same source again changes nothing and is recorded nowhere.
 *
 * Throws VALIDATION_FAILED with the field that is wrong; VERSION_NOT_FOUND; and CONFLICT if the release or the source
 * is blocked, or the release has another source for good.
 */
export const attachSource = (
  db: D1Database,
  actor: Actor,
  releaseId: string,
  source: SentSource,
  policy: SignaturePolicy,
): Promise<Changed<Release>> =>
  change(
    db,
    releaseRoot,
    releaseId,
    async (release) => {
      const { worker_id, version, revision } = release;
      const worker = findWorker(worker_id);
      if (!worker) return err({ code: "CONFLICT", detail: `The catalog has no worker ${worker_id} any more.` });
      const read = await readSource(worker, version, { source }, policy);
      if (!read.ok) return read;
      const { source_tag, source_commit, source_signature } = read.value;
      if (release.source_commit === source_commit && release.source_signature === source_signature) return ok(null);
      const refusal = refusalToAttach(release);
      if (refusal) return err(refusal);
      const sums = await sumsOfSource({ ...read.value, worker_id, version });
      const blocked = await obstacleOfBlock(db, sums);
      if (blocked !== null) return err({ code: "CONFLICT", detail: blocked });
      return ok({
        action: "release.source",
        details: { worker_id, version, source_tag, source_commit },
        patch: { ...read.value, revision: revision + 1 },
      });
    },
    { actor },
  );

function refusalToAttach(release: Release): Refusal | null {
  if (release.status === "blocked") return { code: "CONFLICT", detail: "The release has been withdrawn." };
  if (release.status === "draft" || signedSourceOf(release) === null) return null;
  return { code: "CONFLICT", detail: "The release is published with another source and keeps it." };
}
