import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import { change, type Decided } from "../../../platform/storage/change.ts";
import { type Actor, ifChanged } from "../../../platform/storage/ledger.ts";
import { type FramedRow, framedDeletes, framedWrites } from "../framing/store.ts";
import type { PackageContents, PackageFormat } from "../package-format.ts";
import { type Artifact, ArtifactRow, type Release, releaseRoot, rowOfArtifact } from "../store.ts";
import { CheckRow } from "./check-record.ts";
import { passedWrite, refusalWrite } from "./check-store.ts";
import { discardWrite } from "./discarded-store.ts";

const PartRow = z.object({ part: z.number(), etag: z.string(), size: z.number() });

/** A part that R2 holds: its number from 1, R2's name for its bytes, and its size in bytes. */
export type Part = z.infer<typeof PartRow>;

/** The artifact of this release with this id. Throws ARTIFACT_NOT_FOUND. */
export async function readArtifact(db: D1Database, releaseId: string, id: string): Promise<Artifact> {
  const row = await db.prepare("SELECT * FROM artifacts WHERE id = ? AND release_id = ?").bind(id, releaseId).first();
  if (!row) throw new Problem(noArtifact(releaseId, id));
  return ArtifactRow.parse(row);
}

/** An artifact, its uploaded parts by number, and its check if there is one. */
export type Upload = { artifact: Artifact; parts: Part[]; check: CheckRow | null };

/** An artifact with its upload, read in one transaction. Throws ARTIFACT_NOT_FOUND. */
export async function readUpload(db: D1Database, releaseId: string, id: string): Promise<Upload> {
  const [artifacts, parts, checks] = await db.batch([
    db.prepare("SELECT * FROM artifacts WHERE id = ? AND release_id = ?").bind(id, releaseId),
    db.prepare("SELECT part, etag, size FROM artifact_parts WHERE artifact_id = ? ORDER BY part").bind(id),
    db.prepare("SELECT * FROM artifact_checks WHERE artifact_id = ?").bind(id),
  ]);
  const [row] = artifacts?.results ?? [];
  const [check] = checks?.results ?? [];
  if (!row) throw new Problem(noArtifact(releaseId, id));
  return {
    artifact: ArtifactRow.parse(row),
    parts: (parts?.results ?? []).map((part) => PartRow.parse(part)),
    check: check === undefined ? null : CheckRow.parse(check),
  };
}

const noArtifact = (releaseId: string, id: string): Refusal => ({
  code: "ARTIFACT_NOT_FOUND",
  detail: `Release ${releaseId} has no artifact ${id}.`,
});

/** The statement that adds an artifact, in the transaction of the change of its release. */
export function artifactInsert(db: D1Database, artifact: Artifact, changeId: string): D1PreparedStatement {
  const columns = { ...rowOfArtifact(artifact), last_change: changeId };
  const names = Object.keys(columns);
  const sql = `INSERT INTO artifacts (${names.join(", ")}) SELECT ${names.map(() => "?").join(", ")} WHERE TOOK_EFFECT`;
  return ifChanged(db, rootOf(artifact), changeId, sql, ...Object.values(columns));
}

const rootOf = ({ release_id }: Pick<Artifact, "release_id">) => ({ table: "releases", id: release_id }) as const;

/** The statements that store a package and the pieces of its contents, in the transaction of its release. */
export const packageInserts = (
  db: D1Database,
  artifact: Artifact,
  { format, contents }: { format: PackageFormat; contents: PackageContents },
  changeId: string,
): D1PreparedStatement[] => {
  const { id } = artifact;
  const run = (sql: string, ...values: string[]) => ifChanged(db, rootOf(artifact), changeId, sql, id, ...values);
  const pieces = JSON.stringify(piecesOf(JSON.stringify(contents)));
  return [
    run("INSERT INTO packages (artifact_id, format) SELECT ?, ? WHERE TOOK_EFFECT", format.rules.name),
    run(
      "INSERT INTO package_contents (artifact_id, part, text) SELECT ?, key, value FROM json_each(?) WHERE TOOK_EFFECT",
      pieces,
    ),
  ];
};

/** Cuts a text into pieces of at most 20,000 characters, so that the row of a piece fits into one statement of D1. */
export const piecesOf = (text: string): string[] => text.match(/.{1,20000}/gsu) ?? [];

/** Removes an artifact of a draft, and its bytes. Throws ARTIFACT_NOT_FOUND, and CONFLICT if it is no draft. */
export async function deleteArtifact(db: D1Database, actor: Actor, artifact: Artifact): Promise<void> {
  const { id, filename } = artifact;
  await changeArtifact(db, actor, artifact, (release) => {
    if (release.status !== "draft") return err(notADraft);
    return ok({
      action: "artifact.delete",
      details: { artifact_id: id, filename },
      patch: { artifacts: release.artifacts.filter((other) => other.id !== id) },
      beside: (made) => [
        discardWrite(db, rootOf(artifact), made, "SELECT object_key, upload_id FROM artifacts WHERE id = ?", id),
        ...framedDeletes(db, rootOf(artifact), made, "id = ?", id),
        partsDelete(db, artifact, made.id),
        ...["package_contents", "packages"].map((table) =>
          ifChanged(db, rootOf(artifact), made.id, `DELETE FROM ${table} WHERE artifact_id = ? AND TOOK_EFFECT`, id),
        ),
        ifChanged(db, rootOf(artifact), made.id, "DELETE FROM artifacts WHERE id = ? AND TOOK_EFFECT", id),
      ],
    });
  });
}

/** The refusal to add a file to a release that is no draft, or to remove one. */
export const notADraft: Refusal = {
  code: "CONFLICT",
  detail: "Files are added to and removed from drafts only, and this release is no draft.",
};

const partsDelete = (db: D1Database, artifact: Artifact, changeId: string): D1PreparedStatement =>
  ifChanged(
    db,
    rootOf(artifact),
    changeId,
    "DELETE FROM artifact_parts WHERE artifact_id = ? AND TOOK_EFFECT",
    artifact.id,
  );

type Patch = Parameters<typeof releaseRoot.write>[2];

/**
 * Changes one artifact, as a change of its release: publishing is decided on the files of a release. Returns whether it
 * did anything, and the artifact afterwards. An artifact that has been removed stays removed.
 */
async function changeArtifact(
  db: D1Database,
  actor: Actor,
  { id, release_id }: Artifact,
  decide: (release: Release, artifact: Artifact) => Result<Decided<Patch> | null, Refusal>,
  reason: string | null = null,
): Promise<{ done: boolean; artifact: Artifact | undefined }> {
  const find = ({ artifacts }: Release) => artifacts.find((one) => one.id === id);
  const { row, changeId } = await change(
    db,
    releaseRoot,
    release_id,
    (release) => {
      const artifact = find(release);
      return artifact ? decide(release, artifact) : ok(null);
    },
    { actor, reason },
  );
  return { done: changeId !== null, artifact: find(row) };
}

/**
 * Records a part of the upload that `artifact` was read with. The same part again replaces it. Returns false, with
 * nothing written, if that upload is over. Not in the audit trail, because nobody is offered a part.
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
  return meta.changes > 0;
}

/**
 * Gives an artifact a new upload, discards the upload it was read with, forgets its parts and ends its check with
 * `refusal`. Returns false, with nothing written, if that upload is over already.
 */
export async function replaceUpload(
  db: D1Database,
  actor: Actor,
  artifact: Artifact,
  fresh: Pick<Artifact, "object_key" | "upload_id">,
  { reason, refusal }: { reason: string; refusal: Refusal },
): Promise<boolean> {
  const { id, filename, object_key, upload_id } = artifact;
  const update = "UPDATE artifacts SET object_key = ?, upload_id = ?, last_change = ? WHERE id = ? AND TOOK_EFFECT";
  const decide = (release: Release, now: Artifact) => {
    if (!isSameUpload(now, artifact)) return ok(null);
    return ok({
      action: "artifact.restart" as const,
      details: { artifact_id: id, filename },
      patch: withArtifact(release, { ...now, ...fresh }),
      beside: (made: { id: string; at: number }) => [
        ifChanged(db, rootOf(now), made.id, update, fresh.object_key, fresh.upload_id, made.id, id),
        discardWrite(db, rootOf(now), made, "SELECT ?, ? WHERE true", object_key, upload_id),
        partsDelete(db, now, made.id),
        refusalWrite(db, now, refusal, made.id),
      ],
    });
  };
  return (await changeArtifact(db, actor, artifact, decide, reason)).done;
}

/** The results of a check: the BLAKE2b-512 of the file's bytes in base64, its signatures, and its packages. */
type CheckedFile = {
  blake2b512: string;
  signed: { signature: string; keyId: string } | null;
  pgpSignature: string | null;
  framed?: readonly FramedRow[];
};

/**
 * Marks an artifact whose bytes have been checked as ready, with their BLAKE2b-512 in base64, with the signature that
 * was checked, with the newest OpenPGP signature, and with its packages. Returns the artifact as it is then; it is not
 * ready if the upload that it was read with is over. Throws ARTIFACT_NOT_FOUND if it has been removed.
 */
export async function markReady(
  db: D1Database,
  actor: Actor,
  artifact: Artifact,
  { blake2b512, signed, pgpSignature, framed = [] }: CheckedFile,
): Promise<Artifact> {
  const { id, filename, sha256 } = artifact;
  const update = `UPDATE artifacts SET state = 'ready', signature = ?, pgp_signature = ?, blake2b512 = ?, completed_at = ?,
    last_change = ? WHERE id = ? AND TOOK_EFFECT`;
  const signature = signed?.signature ?? null;
  const ready = { state: "ready", signature, blake2b512, completed_at: actor.now } as const;
  const decide = (release: Release, now: Artifact) => {
    if (!isSameUpload(now, artifact)) return ok(null);
    const pgp_signature = pgpSignature ?? now.pgp_signature;
    return ok({
      action: "artifact.complete" as const,
      details: { artifact_id: id, filename, sha256, signed_by: signed?.keyId ?? null },
      patch: withArtifact(release, { ...now, ...ready, pgp_signature }),
      beside: (made: { id: string; at: number }) => [
        ifChanged(db, rootOf(now), made.id, update, signature, pgp_signature, blake2b512, actor.now, made.id, id),
        ...framedWrites(db, rootOf(now), made, framed),
        partsDelete(db, now, made.id),
        passedWrite(db, now, made.id),
      ],
    });
  };
  const changed = await changeArtifact(db, actor, artifact, decide);
  if (!changed.artifact) throw new Problem(noArtifact(artifact.release_id, id));
  return changed.artifact;
}

const isSameUpload = (now: Artifact, { upload_id }: Artifact): boolean =>
  now.upload_id === upload_id && now.state === "uploading";

const withArtifact = ({ artifacts }: Release, changed: Artifact): Patch => ({
  artifacts: artifacts.map((one) => (one.id === changed.id ? changed : one)),
});
