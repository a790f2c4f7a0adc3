import { decodeBase64 } from "../../../lib/encoding.ts";
import { formatMinisignSignature, showKeyId, verifyMinisign } from "../../../lib/minisign/minisign.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type Changed, change } from "../../../platform/storage/change.ts";
import { type Actor, ifChanged } from "../../../platform/storage/ledger.ts";
import { type Artifact, type Release, refusalIfChanged, releaseRoot } from "../store.ts";
import { readSignature, type SignaturePolicy } from "./check.ts";
import { readSignedFile } from "./signed-file.ts";

/** A signature for a checked file of a draft; `pgp_signature` null leaves the file's own. */
export type NewSignature = { artifact_id: string; signature: string; pgp_signature: string | null };

/**
 * Attaches signatures to files of a draft whose bytes have been checked, all or none. A file's signature may be
 * replaced. Idempotent. `lastChange`: only if that is still the draft's last change; null: in any case. Throws
 * VALIDATION_FAILED with every signature that does not verify, VERSION_NOT_FOUND, ARTIFACT_NOT_FOUND, and CONFLICT if
 * the release is no draft or has changed, or a file is not checked yet.
 */
export function signDraft(
  db: D1Database,
  actor: Actor,
  releaseId: string,
  { files, lastChange }: { files: readonly NewSignature[]; lastChange: string | null },
  policy: SignaturePolicy,
): Promise<Changed<Release>> {
  return change(
    db,
    releaseRoot,
    releaseId,
    async (release) => {
      const checked = await checkSignatures(db, release, files, policy);
      if (!checked.ok) return checked;
      const signed = checked.value.filter(
        ({ artifact, signature, pgp_signature }) =>
          signature !== artifact.signature || pgp_signature !== artifact.pgp_signature,
      );
      if (signed.length === 0) return ok(null);
      const changed = refusalIfChanged(release, lastChange);
      if (changed) return err(changed);
      const { worker_id, version } = release;
      const keys = [...new Set(signed.map(({ keyId }) => keyId))];
      const details = { worker_id, version, files: signed.map(({ artifact }) => artifact.filename), signed_by: keys };
      return ok({
        action: "release.sign",
        details,
        patch: {
          artifacts: release.artifacts.map((artifact) => {
            const made = signed.find((one) => one.artifact.id === artifact.id);
            return made ? { ...artifact, signature: made.signature, pgp_signature: made.pgp_signature } : artifact;
          }),
        },
        beside: (made) =>
          signed.map(({ artifact: { id }, signature, pgp_signature }) =>
            ifChanged(
              db,
              { table: "releases", id: releaseId },
              made.id,
              "UPDATE artifacts SET signature = ?, pgp_signature = ?, last_change = ? WHERE id = ? AND TOOK_EFFECT",
              signature,
              pgp_signature,
              made.id,
              id,
            ),
          ),
      });
    },
    { actor },
  );
}

type CheckedSignature = { artifact: Artifact; signature: string; pgp_signature: string | null; keyId: string };

/** Verifies each signature by the BLAKE2b that the check of its file's bytes has recorded. */
async function checkSignatures(
  db: D1Database,
  release: Release,
  files: readonly NewSignature[],
  policy: SignaturePolicy,
): Promise<Result<CheckedSignature[], Refusal>> {
  const { id, worker_id, version, status, artifacts } = release;
  if (status !== "draft") {
    return err({
      code: "CONFLICT",
      detail: `${worker_id} ${version} is ${status}. Only the files of drafts are signed.`,
    });
  }
  const checked: CheckedSignature[] = [];
  const errors: { path: string; message: string }[] = [];
  for (const [index, given] of files.entries()) {
    const artifact = artifacts.find((one) => one.id === given.artifact_id);
    if (!artifact) {
      return err({ code: "ARTIFACT_NOT_FOUND", detail: `Release ${id} has no artifact ${given.artifact_id}.` });
    }
    const { filename, state, blake2b512 } = artifact;
    if (state !== "ready") return err({ code: "CONFLICT", detail: `${filename} is not uploaded and checked yet.` });
    if (blake2b512 === null) {
      const detail = `${filename} was checked by an older version of the catalog. Remove it from the draft and add it again.`;
      return err({ code: "CONFLICT", detail });
    }
    const read = await readSignature(given.signature, policy, await readSignedFile(db, artifact));
    const verified =
      read.ok && read.value ? await verifyMinisign(policy.keys, read.value, decodeBase64(blake2b512)) : null;
    if (read.ok && read.value && verified?.ok) {
      const signature = formatMinisignSignature(read.value);
      const pgp_signature = given.pgp_signature ?? artifact.pgp_signature;
      checked.push({ artifact, signature, pgp_signature, keyId: showKeyId(read.value.keyId) });
      continue;
    }
    const reason = read.ok ? verified?.ok === false && verified.error : read.error.message;
    errors.push({ path: `files.${index}.signature`, message: `${filename}: ${reason}` });
  }
  if (errors.length === 0) return ok(checked);
  const detail = errors.map(({ message }) => message).join(" ");
  return err({ code: "VALIDATION_FAILED", detail, extras: { errors } });
}
