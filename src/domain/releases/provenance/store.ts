import { encodeHex } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { err, ok } from "../../../lib/result.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import { type Changed, change } from "../../../platform/storage/change.ts";
import { type Actor, type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { discardWrite, noteUnnamed } from "../artifact/discarded-store.ts";
import { type Release, type ReleaseProvenance, releaseRoot } from "../store.ts";
import { type ProvenanceFault, parseProvenance, subjectsOf, unknownSubjects } from "./statement.ts";

/**
 * Attaches provenance to a release. A draft's may be replaced. A published release may still gain one and then keeps
 * it, as it keeps its files. The same provenance again changes nothing and is recorded nowhere.
 *
 * Throws VALIDATION_FAILED with every fault, a file that the release does not have included; VERSION_NOT_FOUND; and
 * CONFLICT if the release is blocked or has another provenance for good.
 */
export async function attachProvenance(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Actor,
  releaseId: string,
  bytes: ArrayBuffer,
): Promise<Changed<Release>> {
  const attestations = parseProvenance(textOf(bytes));
  if (!attestations.ok) throw new Problem(refusalOf(attestations.error));
  const subjects = subjectsOf(attestations.value);
  const sha256 = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const size = bytes.byteLength;
  return change(
    env.DB,
    releaseRoot,
    releaseId,
    async (release) => {
      if (release.provenance?.sha256 === sha256) return ok(null);
      const refusal = refusalToAttach(release) ?? refusalOfSubjects(unknownSubjects(subjects, release.artifacts));
      if (refusal) return err(refusal);
      // R2 has the text before the ledger names it. Until then it is noted as unnamed, so an interrupted request leaves
      // nothing behind.
      const object_key = `provenance/${sha256}/${newId("art")}`;
      await noteUnnamed(env.DB, actor.now, object_key).run();
      await env.BINARIES.put(object_key, bytes);
      const provenance = { sha256, size, subjects, object_key, attached_at: actor.now };
      const { worker_id, version, revision } = release;
      return ok({
        action: "release.provenance",
        details: { worker_id, version, sha256, size },
        patch: { revision: revision + 1, provenance },
        beside: (made) => provenanceWrites(env.DB, releaseId, provenance, made),
      });
    },
    { actor },
  );
}

function refusalToAttach({ status, provenance }: Release): Refusal | null {
  if (status === "blocked") return { code: "CONFLICT", detail: "The release has been withdrawn." };
  if (status === "draft" || provenance === null) return null;
  return { code: "CONFLICT", detail: "The release is published with another provenance and keeps it." };
}

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
  { sha256, size, subjects, object_key, attached_at }: ReleaseProvenance,
  made: Change,
): D1PreparedStatement[] {
  const root = { table: "releases", id: releaseId } as const;
  return [
    discardWrite(db, root, made, "SELECT object_key, NULL FROM provenance WHERE release_id = ?", releaseId),
    ifChanged(
      db,
      root,
      made.id,
      `INSERT OR REPLACE INTO provenance (release_id, sha256, size, subjects, object_key, attached_at)
       SELECT ?, ?, ?, ?, ?, ? WHERE TOOK_EFFECT`,
      releaseId,
      sha256,
      size,
      JSON.stringify(subjects),
      object_key,
      attached_at,
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
