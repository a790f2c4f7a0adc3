import { Problem } from "../../platform/http/problem.ts";
import { type Actor, commitChange, newChange } from "../../platform/storage/ledger.ts";
import { discardWrite, freeDiscarded } from "./artifact/discarded-store.ts";
import type { UploadEnv } from "./artifact/upload.ts";
import { type Release, readRelease } from "./store.ts";

/**
 * Deletes a draft with its files, finished or not, and its provenance; its version is free again. Throws VERSION_NOT_FOUND, and
 * CONFLICT when the release is no draft: what has been offered is never deleted.
 */
export async function deleteDraft(env: UploadEnv, actor: Actor, id: string, reason: string | null): Promise<void> {
  const release = await readRelease(env.DB, id);
  requireDraft(release);
  const { worker_id, version, artifacts } = release;
  const change = newChange(actor, { action: "release.delete", subject: id, reason, details: { worker_id, version } });
  const ifTouched = "EXISTS (SELECT 1 FROM releases WHERE id = ? AND last_change = ?)";
  const ofIt = `release_id = ? AND ${ifTouched}`;
  const values = [id, id, change.id] as const;
  const forget = (table: string, condition: string) =>
    env.DB.prepare(`DELETE FROM ${table} WHERE ${condition}`).bind(...values);
  const ofItsFiles = `artifact_id IN (SELECT id FROM artifacts WHERE ${ofIt})`;
  const deleted = await commitChange(env.DB, change, { table: "releases", id, removed: true }, [
    env.DB.prepare("UPDATE releases SET last_change = ? WHERE id = ? AND status = 'draft'").bind(change.id, id),
    discardWrite(env.DB, change.at, `SELECT object_key, upload_id FROM artifacts WHERE ${ofIt}`, ...values),
    discardWrite(env.DB, change.at, `SELECT object_key, NULL FROM provenance WHERE ${ofIt}`, ...values),
    forget("artifact_parts", ofItsFiles),
    forget("packages", ofItsFiles),
    forget("artifacts", ofIt),
    forget("provenance", ofIt),
  ]);
  if (!deleted) throw onlyDrafts(await readRelease(env.DB, id));
  for (const { object_key, upload_id } of artifacts) await freeDiscarded(env, { object_key, upload_id });
}

/** Throws CONFLICT for a release that is no draft (any more). */
export function requireDraft(release: Release): void {
  if (release.status !== "draft") throw onlyDrafts(release);
}

function onlyDrafts({ worker_id, version, status }: Release): Problem {
  const detail = `${worker_id} ${version} is ${status}. Only drafts are deleted: yank or block it.`;
  return new Problem({ code: "CONFLICT", detail });
}
