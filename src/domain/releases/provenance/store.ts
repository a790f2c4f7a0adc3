import { encodeHex } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { type Actor, commitChange, newChange } from "../../../platform/storage/ledger.ts";
import { discardWrite } from "../artifact/discarded-store.ts";
import { type Release, type ReleaseProvenance, readRelease } from "../store.ts";
import { type ProvenanceFault, parseProvenance, subjectsOf, unknownSubjects } from "./statement.ts";

/**
 * Attaches provenance to a release and returns the release. A draft's may be replaced; a published release may still gain one
 * and then keeps it, as it keeps its files. The same again changes nothing and is recorded nowhere. `changeId` is null then and
 * for a draft: the edge copy is stale otherwise, and the caller publishes it.
 *
 * Throws VALIDATION_FAILED naming what is off, a file that the release does not have included; VERSION_NOT_FOUND; and CONFLICT
 * when the release is blocked, has another one for good, or is being changed by others.
 */
export async function attachProvenance(
  env: Pick<Env, "DB" | "BINARIES">,
  actor: Actor,
  releaseId: string,
  bytes: ArrayBuffer,
): Promise<Release & { changeId: string | null }> {
  const attestations = parseProvenance(textOf(bytes));
  if (!attestations.ok) throw refused(attestations.error);
  const subjects = subjectsOf(attestations.value);
  const sha256 = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  for (let attempt = 1; attempt <= 3; attempt++) {
    const release = await readRelease(env.DB, releaseId);
    if (release.provenance?.sha256 === sha256) return { ...release, changeId: null };
    requireOpen(release);
    const unknown = unknownSubjects(subjects, release.artifacts);
    if (unknown.length > 0) {
      throw refused(
        unknown.map(({ name, sha256: sum }) => ({
          path: "subject",
          message: `The release has no file ${name} with the SHA-256 ${sum}.`,
        })),
      );
    }
    // There before the ledger names it, and noted as nobody's until then: so it goes if this request is cut in between.
    const object_key = `provenance/${sha256}/${newId("art")}`;
    await discardWrite(env.DB, actor.now, "SELECT ?, NULL", object_key).run();
    await env.BINARIES.put(object_key, bytes);
    const facts = { sha256, size: bytes.byteLength, subjects, object_key, attached_at: actor.now };
    const changeId = await recordProvenance(env.DB, actor, release, facts);
    if (changeId === null) continue;
    return { ...(await readRelease(env.DB, releaseId)), changeId: release.status === "draft" ? null : changeId };
  }
  throw new Problem({ code: "CONFLICT", detail: `Release ${releaseId} is being changed by others. Please try again.` });
}

function requireOpen({ status, provenance }: Release): void {
  if (status === "blocked") throw new Problem({ code: "CONFLICT", detail: "The release has been withdrawn." });
  if (status === "draft" || provenance === null) return;
  throw new Problem({ code: "CONFLICT", detail: "The release is published with another provenance and keeps it." });
}

/**
 * Writes the row if the release is as it was read, and discards the text that it takes the place of. Returns the change's id, or
 * null with nothing written.
 */
async function recordProvenance(
  db: D1Database,
  actor: Actor,
  { id, worker_id, version, status, last_change }: Release,
  { sha256, size, subjects, object_key, attached_at }: ReleaseProvenance,
): Promise<string | null> {
  const change = newChange(actor, {
    action: "release.provenance",
    subject: id,
    details: { worker_id, version, sha256, size },
  });
  const ifTouched = "EXISTS (SELECT 1 FROM releases WHERE id = ? AND last_change = ?)";
  const touched = [id, change.id];
  const replaced = `SELECT object_key, NULL FROM provenance WHERE release_id = ? AND ${ifTouched}`;
  const writes = [
    db
      .prepare("UPDATE releases SET last_change = ?, revision = revision + 1 WHERE id = ? AND last_change = ?")
      .bind(change.id, id, last_change),
    discardWrite(db, change.at, replaced, id, ...touched),
    db
      .prepare(
        `INSERT INTO provenance (release_id, sha256, size, subjects, object_key, attached_at) SELECT ?, ?, ?, ?, ?, ?
         WHERE ${ifTouched}
         ON CONFLICT (release_id) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size,
           subjects = excluded.subjects, object_key = excluded.object_key, attached_at = excluded.attached_at`,
      )
      .bind(id, sha256, size, JSON.stringify(subjects), object_key, attached_at, ...touched),
    db.prepare(`DELETE FROM discarded_objects WHERE object_key = ? AND ${ifTouched}`).bind(object_key, ...touched),
  ];
  const publication = status === "draft" ? undefined : ({ topic: "manifest", key: worker_id } as const);
  return (await commitChange(db, change, { table: "releases", id }, writes, publication)) ? change.id : null;
}

function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused([{ path: "attestations", message: "is not UTF-8 text" }]);
  }
}

function refused(errors: ProvenanceFault[]): Problem {
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join(" ");
  return new Problem({ code: "VALIDATION_FAILED", detail, extras: { errors } });
}
