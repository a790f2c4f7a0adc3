import { formatMinisignSignature, showKeyId } from "../../../lib/minisign/minisign.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { Artifact } from "../store.ts";
import { assembleParts } from "./binary-store.ts";
import { type Fault, faultsOf, measure, readSignature, type SignaturePolicy } from "./check.ts";
import { partCount } from "./plan.ts";
import { markReady, type Part, readUpload } from "./store.ts";
import { restartUpload, type UploadEnv, uploadIsOver } from "./upload.ts";

/**
 * Finishes an upload: assembles the parts, reads the file once, and marks it ready if it matches its declaration and
 * signature. Signatures given here replace the declared ones. Idempotent, also after a crash: the file is not ready
 * until the last write, and earlier steps are found done.
 *
 * Throws VALIDATION_FAILED with every fault. Missing parts, and a signature that is refused before the file is read,
 * leave the upload as it is. A file that differs from its declaration is deleted, and a new upload is opened. Throws
 * ARTIFACT_NOT_FOUND, and CONFLICT if the upload is lost (a new one is open) or another request was faster.
 */
export async function completeArtifact(
  env: UploadEnv,
  actor: Actor,
  { releaseId, id }: { releaseId: string; id: string },
  {
    signature,
    pgpSignature = null,
    policy,
  }: { signature: string | null; pgpSignature?: string | null; policy: SignaturePolicy },
): Promise<Artifact> {
  const { artifact, parts } = await readUpload(env.DB, releaseId, id);
  if (artifact.state === "ready") return artifact;
  const minisig = await readSignature(signature ?? artifact.signature, policy);
  if (!minisig.ok) throw refused([minisig.error]);
  requireAllParts(artifact, parts);
  const assembled = await assembleParts(env.BINARIES, artifact, parts);
  const object = assembled.ok ? await env.BINARIES.get(artifact.object_key) : null;
  if (object === null) throw await restartUpload(env, actor, artifact, "lost in storage");
  const faults = await faultsOf(artifact, await measure(object.body), minisig.value, policy.keys);
  if (faults.length > 0) {
    await restartUpload(env, actor, artifact, `wrong ${faults.map(({ path }) => path).join(", ")}`);
    throw refused(faults);
  }
  const signed = minisig.value && {
    signature: formatMinisignSignature(minisig.value),
    keyId: showKeyId(minisig.value.keyId),
  };
  const now = await markReady(env.DB, actor, artifact, signed, pgpSignature);
  if (now.state !== "ready") throw uploadIsOver();
  return now;
}

function requireAllParts(artifact: Artifact, parts: Part[]): void {
  const there = new Set(parts.map(({ part }) => part));
  const missing = Array.from({ length: partCount(artifact) }, (_, index) => index + 1).filter((n) => !there.has(n));
  if (missing.length === 0) return;
  const shown = missing.slice(0, 20).join(", ") + (missing.length > 20 ? `, and ${missing.length - 20} more` : "");
  throw refused([{ path: "parts", message: `Parts are missing: ${shown}.` }]);
}

function refused(errors: (Fault | { path: "parts"; message: string })[]): Problem {
  const detail = errors.map(({ message }) => message).join(" ");
  return new Problem({ code: "VALIDATION_FAILED", detail, extras: { errors } });
}
