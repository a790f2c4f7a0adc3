import { encodeHex } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { err, ok } from "../../../lib/result.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import { type Changed, change } from "../../../platform/storage/change.ts";
import { type Actor, type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { discardWrite, noteUnnamed } from "../artifact/discarded-store.ts";
import { type Release, type ReleaseProvenance, releaseRoot } from "../store.ts";
import type { Verification } from "./claims.ts";
import { type ProvenanceConfig, readProvenancePolicy, signerOf } from "./policy.ts";
import { type ProvenanceFault, parseProvenance, subjectsOf, unknownSubjects } from "./statement.ts";
import { decideVerification, type ProvenancePolicy } from "./verification.ts";

/**
 * Attaches provenance to a release, and verifies its signatures. A draft's may be replaced. A published release may
 * still gain one and then keeps it, as it keeps its files. The same provenance again changes nothing and is recorded
 * nowhere, unless it is verified now and was not before: a trusted root or a publisher may have been added.
 *
 * Throws VALIDATION_FAILED with every fault, a file that the release does not have included; VERSION_NOT_FOUND; and
 * CONFLICT if the release is blocked, has another provenance for good, or was published by somebody else and no
 * publisher that an owner has named has signed the provenance.
 */
export async function attachProvenance(
  env: Pick<Env, "DB" | "BINARIES">,
  config: ProvenanceConfig,
  actor: Actor,
  releaseId: string,
  bytes: ArrayBuffer,
): Promise<Changed<Release>> {
  const text = textOf(bytes);
  const attestations = parseProvenance(text);
  if (!attestations.ok) throw new Problem(refusalOf(attestations.error));
  const subjects = subjectsOf(attestations.value);
  const signer = await signerOf(text, config);
  const sha256 = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const size = bytes.byteLength;
  return change(
    env.DB,
    releaseRoot,
    releaseId,
    async (release) => {
      const { worker_id, version, revision } = release;
      const policy = await readProvenancePolicy(env.DB, config, worker_id);
      const verification = decideVerification(signer, policy);
      const details = { worker_id, version, sha256, size, verified: verification.verified };
      if (release.provenance?.sha256 === sha256) {
        if (!verification.verified || release.provenance.verification?.verified) return ok(null);
        return ok({
          action: "release.provenance",
          details,
          patch: { revision: revision + 1, provenance: { ...release.provenance, verification } },
          beside: (made) => [verificationWrite(env.DB, releaseId, verification, made)],
        });
      }
      const refusal =
        (await refusalToAttach(env.DB, actor, release, verification, policy)) ??
        refusalOfSubjects(unknownSubjects(subjects, release.artifacts));
      if (refusal) return err(refusal);
      // R2 has the text before the ledger names it. Until then it is noted as unnamed, so an interrupted request leaves
      // nothing behind.
      const object_key = `provenance/${sha256}/${newId("art")}`;
      await noteUnnamed(env.DB, actor.now, object_key).run();
      await env.BINARIES.put(object_key, bytes);
      const provenance = { sha256, size, subjects, object_key, attached_at: actor.now, verification };
      return ok({
        action: "release.provenance",
        details,
        patch: { revision: revision + 1, provenance },
        beside: (made) => provenanceWrites(env.DB, releaseId, provenance, made),
      });
    },
    { actor },
  );
}

/** The statement that writes the verification of a release's provenance, in a change of the release. */
export const verificationWrite = (
  db: D1Database,
  releaseId: string,
  verification: Verification,
  made: Change,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id: releaseId },
    made.id,
    "UPDATE provenance SET verification = ? WHERE release_id = ? AND TOOK_EFFECT",
    JSON.stringify(verification),
    releaseId,
  );

async function refusalToAttach(
  db: D1Database,
  actor: Actor,
  { id, status, provenance, published_by }: Release,
  { verified, reason }: Verification,
  { publishers }: ProvenancePolicy,
): Promise<Refusal | null> {
  if (status === "blocked") return { code: "CONFLICT", detail: "The release has been withdrawn." };
  if (status === "draft") return null;
  if (provenance !== null) {
    return { code: "CONFLICT", detail: "The release is published with another provenance and keeps it." };
  }
  // Without named publishers any repository's signature counts, and everybody can attest files that they downloaded.
  const isByPublisher = verified && publishers.length > 0;
  if (isByPublisher || actor.actor === (published_by ?? (await publisherOf(db, id)))) return null;
  const why = reason ?? "No owner has named a workflow that publishes this worker.";
  const detail = `Only the publisher of a published release attaches provenance that no named workflow has signed. ${why}`;
  return { code: "CONFLICT", detail };
}

/** The actor that published a release of before that was recorded with it, by the audit trail. Throws D1's errors. */
const publisherOf = (db: D1Database, releaseId: string): Promise<string | null> =>
  db
    .prepare("SELECT actor FROM audit WHERE subject = ? AND action = 'release.publish' ORDER BY id DESC LIMIT 1")
    .bind(releaseId)
    .first<string>("actor");

const refusalOfSubjects = (unknown: ReturnType<typeof unknownSubjects>): Refusal | null =>
  unknown.length === 0
    ? null
    : refusalOf(
        unknown.map(({ name, sha256 }) => ({
          path: "subject",
          message: `The release has no file ${name} with the SHA-256 ${sha256}.`,
        })),
      );

/** Writes the row, and discards the text that it replaces. */
function provenanceWrites(
  db: D1Database,
  releaseId: string,
  { sha256, size, subjects, object_key, attached_at, verification }: ReleaseProvenance,
  made: Change,
): D1PreparedStatement[] {
  const root = { table: "releases", id: releaseId } as const;
  return [
    discardWrite(db, root, made, "SELECT object_key, NULL FROM provenance WHERE release_id = ?", releaseId),
    ifChanged(
      db,
      root,
      made.id,
      `INSERT OR REPLACE INTO provenance (release_id, sha256, size, subjects, object_key, attached_at, verification)
       SELECT ?, ?, ?, ?, ?, ?, ? WHERE TOOK_EFFECT`,
      releaseId,
      sha256,
      size,
      JSON.stringify(subjects),
      object_key,
      attached_at,
      JSON.stringify(verification),
    ),
    ifChanged(db, root, made.id, "DELETE FROM discarded_objects WHERE object_key = ? AND TOOK_EFFECT", object_key),
  ];
}

function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(refusalOf([{ path: "attestations", message: "is not UTF-8 text" }]));
  }
}

function refusalOf(errors: ProvenanceFault[]): Refusal {
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join(" ");
  return { code: "VALIDATION_FAILED", detail, extras: { errors } };
}
