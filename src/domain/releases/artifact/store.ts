import * as z from "zod";
import { Problem } from "../../../platform/http/problem.ts";
import { type Actor, commitChange, newChange } from "../../../platform/storage/ledger.ts";
import { ARTIFACT_KINDS } from "../artifact-kind.ts";
import { PLATFORMS } from "../manifest.ts";
import type { PackageContents } from "../package-check.ts";
import { insertPackage } from "../package-store.ts";
import { discardWrite } from "./discarded-store.ts";

export const ArtifactRow = z.object({
  id: z.string(),
  release_id: z.string(),
  kind: z.enum(ARTIFACT_KINDS),
  platform: z.enum(PLATFORMS),
  filename: z.string(),
  size: z.number(),
  sha256: z.string(),
  signature: z.string().nullable(),
  pgp_signature: z.string().nullable(),
  state: z.enum(["uploading", "ready"]),
  object_key: z.string(),
  upload_id: z.string(),
  part_size: z.number(),
  created_at: z.number(),
  completed_at: z.number().nullable(),
});

/** A file of a release as the ledger has it. `object_key` and `upload_id` say where R2 has its bytes. */
export type Artifact = z.infer<typeof ArtifactRow>;

const PartRow = z.object({ part: z.number(), etag: z.string(), size: z.number() });

/** A part that R2 holds: its number from 1, R2's name for its bytes, and how many they are. */
export type Part = z.infer<typeof PartRow>;

/** The artifact of this release with this id. Throws ARTIFACT_NOT_FOUND. */
export async function readArtifact(db: D1Database, releaseId: string, id: string): Promise<Artifact> {
  const row = await db.prepare("SELECT * FROM artifacts WHERE id = ? AND release_id = ?").bind(id, releaseId).first();
  if (!row) throw noArtifact(releaseId, id);
  return ArtifactRow.parse(row);
}

/** An artifact and its parts that have arrived, by number, as of one moment. Throws ARTIFACT_NOT_FOUND. */
export async function readUpload(
  db: D1Database,
  releaseId: string,
  id: string,
): Promise<{ artifact: Artifact; parts: Part[] }> {
  const [artifacts, parts] = await db.batch([
    db.prepare("SELECT * FROM artifacts WHERE id = ? AND release_id = ?").bind(id, releaseId),
    db.prepare("SELECT part, etag, size FROM artifact_parts WHERE artifact_id = ? ORDER BY part").bind(id),
  ]);
  const [row] = artifacts?.results ?? [];
  if (!row) throw noArtifact(releaseId, id);
  return { artifact: ArtifactRow.parse(row), parts: (parts?.results ?? []).map((part) => PartRow.parse(part)) };
}

const noArtifact = (releaseId: string, id: string): Problem =>
  new Problem({ code: "ARTIFACT_NOT_FOUND", detail: `Release ${releaseId} has no artifact ${id}.` });

/**
 * Adds an artifact, and what is in it if it is a package, to a draft. Returns false, with nothing written, when the release is
 * none any more. Throws what D1 throws when the release has one for the platform or of the name already.
 */
export function insertArtifact(
  db: D1Database,
  actor: Actor,
  artifact: Artifact,
  contents: PackageContents | null,
): Promise<boolean> {
  const { id, release_id, platform, filename, size, sha256 } = artifact;
  const change = newChange(actor, {
    action: "artifact.create",
    subject: release_id,
    details: { artifact_id: id, platform, filename, size, sha256 },
  });
  const columns = { ...artifact, last_change: change.id };
  const names = Object.keys(columns);
  return commitChange(db, change, { table: "releases", id: release_id }, [
    touchDraft(db, release_id, change.id),
    db
      .prepare(
        `INSERT INTO artifacts (${names.join(", ")}) SELECT ${names.map(() => "?").join(", ")}
         WHERE EXISTS (SELECT 1 FROM releases WHERE id = ? AND last_change = ?)`,
      )
      .bind(...Object.values(columns), release_id, change.id),
    ...(contents ? [insertPackage(db, id, contents)] : []),
  ]);
}

/**
 * Removes an artifact from a draft, parts included, and discards its bytes. Returns false, with nothing written, when the release is
 * none any more.
 */
export function deleteArtifact(db: D1Database, actor: Actor, { id, release_id, filename }: Artifact): Promise<boolean> {
  const change = newChange(actor, {
    action: "artifact.delete",
    subject: release_id,
    details: { artifact_id: id, filename },
  });
  const ifTouched = "EXISTS (SELECT 1 FROM releases WHERE id = ? AND last_change = ?)";
  return commitChange(db, change, { table: "releases", id: release_id }, [
    touchDraft(db, release_id, change.id),
    discardWrite(
      db,
      change.at,
      `SELECT object_key, upload_id FROM artifacts WHERE id = ? AND ${ifTouched}`,
      id,
      release_id,
      change.id,
    ),
    db.prepare(`DELETE FROM artifact_parts WHERE artifact_id = ? AND ${ifTouched}`).bind(id, release_id, change.id),
    db.prepare(`DELETE FROM packages WHERE artifact_id = ? AND ${ifTouched}`).bind(id, release_id, change.id),
    db.prepare(`DELETE FROM artifacts WHERE id = ? AND ${ifTouched}`).bind(id, release_id, change.id),
  ]);
}

/** Which files a release has is part of what publishing decides on, so a change of them is one of the release. */
const touchDraft = (db: D1Database, releaseId: string, changeId: string): D1PreparedStatement =>
  db.prepare("UPDATE releases SET last_change = ? WHERE id = ? AND status = 'draft'").bind(changeId, releaseId);

/**
 * Records a part of the upload that `artifact` was read with; the same part again replaces it. Returns false, with
 * nothing written, when that upload is over. Not in the audit trail: a part is nothing that anybody is offered.
 */
export async function recordPart(db: D1Database, { id, upload_id }: Artifact, part: Part): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO artifact_parts (artifact_id, part, etag, size) SELECT ?1, ?2, ?3, ?4
       WHERE EXISTS (SELECT 1 FROM artifacts WHERE id = ?1 AND upload_id = ?5 AND state = 'uploading')
       ON CONFLICT (artifact_id, part) DO UPDATE SET etag = excluded.etag, size = excluded.size`,
    )
    .bind(id, part.part, part.etag, part.size, upload_id)
    .run();
  return meta.changes === 1;
}

/**
 * Gives an artifact a new upload, discards the one it was read with and forgets its parts. Returns false, with nothing
 * written, when that one is over already.
 */
export function replaceUpload(
  db: D1Database,
  actor: Actor,
  { id, release_id, filename, object_key, upload_id }: Artifact,
  fresh: Pick<Artifact, "object_key" | "upload_id">,
  reason: string,
): Promise<boolean> {
  const change = newChange(actor, {
    action: "artifact.restart",
    subject: release_id,
    reason,
    details: { artifact_id: id, filename },
  });
  return commitChange(db, change, { table: "artifacts", id }, [
    db
      .prepare(
        `UPDATE artifacts SET object_key = ?, upload_id = ?, last_change = ?
         WHERE id = ? AND upload_id = ? AND state = 'uploading'`,
      )
      .bind(fresh.object_key, fresh.upload_id, change.id, id, upload_id),
    discardWrite(
      db,
      change.at,
      "SELECT ?, ? WHERE EXISTS (SELECT 1 FROM artifacts WHERE id = ? AND last_change = ?)",
      object_key,
      upload_id,
      id,
      change.id,
    ),
    db
      .prepare(
        `DELETE FROM artifact_parts WHERE artifact_id = ?
         AND EXISTS (SELECT 1 FROM artifacts WHERE id = ? AND last_change = ?)`,
      )
      .bind(id, id, change.id),
  ]);
}

/**
 * Marks an artifact whose bytes have been checked as ready, with the signature that was checked, and with the OpenPGP one that was
 * given last. Returns false, with nothing written, when the upload it was read with is over.
 */
export function markReady(
  db: D1Database,
  actor: Actor,
  { id, release_id, filename, sha256, upload_id }: Artifact,
  signed: { signature: string; keyId: string } | null,
  pgpSignature: string | null,
): Promise<boolean> {
  const change = newChange(actor, {
    action: "artifact.complete",
    subject: release_id,
    details: { artifact_id: id, filename, sha256, signed_by: signed?.keyId ?? null },
  });
  return commitChange(db, change, { table: "artifacts", id }, [
    db
      .prepare(
        `UPDATE artifacts SET state = 'ready', signature = ?, pgp_signature = coalesce(?, pgp_signature), completed_at = ?,
           last_change = ?
         WHERE id = ? AND upload_id = ? AND state = 'uploading'`,
      )
      .bind(signed?.signature ?? null, pgpSignature, actor.now, change.id, id, upload_id),
    db
      .prepare(
        `DELETE FROM artifact_parts WHERE artifact_id = ?
         AND EXISTS (SELECT 1 FROM artifacts WHERE id = ? AND last_change = ?)`,
      )
      .bind(id, id, change.id),
  ]);
}
