import { encodeBase64 } from "../../../lib/encoding.ts";
import { logFailure } from "../../../lib/log.ts";
import { formatMinisignSignature, showKeyId } from "../../../lib/minisign/minisign.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import { startJob } from "../../../platform/jobs/job.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { blockedFileRefusal, obstacleOfBlock } from "../blocked-files.ts";
import { storeFrames } from "../framing/frame-store.ts";
import { type Framer, NO_FRAMER, summationOf } from "../framing/framer.ts";
import type { Summation } from "../framing/summation.ts";
import type { Artifact } from "../store.ts";
import { assembleParts } from "./binary-store.ts";
import { type Fault, faultsOf, readSignature, type SignaturePolicy } from "./check.ts";
import { CHECK_JOB, type CheckProgress, isStalled, progressOf } from "./check-record.ts";
import { requestCheck } from "./check-store.ts";
import { type Measured, measure, readPieces } from "./measurement.ts";
import { isCheckedAtOnce, partCount } from "./plan.ts";
import { readSignedFile } from "./signed-file.ts";
import { markReady, type Part, readUpload } from "./store.ts";
import { restartUpload, type UploadEnv, uploadIsOver } from "./upload.ts";

/** The signatures that a publisher gives with a completion; null: those that were declared. */
export type GivenSignatures = { signature: string | null; pgpSignature?: string | null };

/**
 * The request to complete an upload. `unsigned`: the file of the draft is signed later. Its bytes are checked all the
 * same, and a draft with an unsigned file is not published where signatures are required. `framer`: makes the file's
 * packages.
 */
type WantedCompletion = GivenSignatures & { policy: SignaturePolicy; unsigned?: boolean; framer?: Framer };

/** A file whose upload is complete, and the progress of its check. */
export type Completion = { artifact: Artifact; check: CheckProgress };

/**
 * Finishes an upload. A small file is assembled, read once, and marked ready if it matches its declaration and
 * signature. For a large one a job is started that checks it, and the answer tells how far that is. Signatures given
 * here replace the declared ones. Idempotent, also after a crash: the file is not ready until the last write, and
 * earlier steps are found done. A check that has lost its step is started again.
 *
 * Throws VALIDATION_FAILED with every fault. Missing parts, and a signature that is refused before the file is read,
 * leave the upload as it is. A file that differs from its declaration is deleted, and a new upload is opened. Throws
 * ARTIFACT_NOT_FOUND, and CONFLICT if the upload is lost (a new one is open) or another request was faster.
 */
export async function completeArtifact(
  env: UploadEnv & Pick<Env, "JOBS">,
  actor: Actor,
  { releaseId, id }: { releaseId: string; id: string },
  { signature, pgpSignature = null, policy, unsigned = false, framer = NO_FRAMER }: WantedCompletion,
): Promise<Completion> {
  const { artifact, parts, check } = await readUpload(env.DB, releaseId, id);
  if (artifact.state === "ready") return passed(artifact);
  const running = check?.state === "running" && check.upload_id === artifact.upload_id ? check : null;
  const given = { signature: signature ?? running?.signature ?? artifact.signature, pgpSignature };
  const asked = unsigned && given.signature === null ? unsignedToo(policy) : policy;
  const minisig = await readSignature(given.signature, asked, await readSignedFile(env.DB, artifact));
  if (!minisig.ok) throw new Problem(invalidFile([minisig.error]));
  requireAllParts(artifact, parts);
  const blocked = await obstacleOfBlock(env.DB, [artifact]);
  if (blocked !== null) throw new Problem(blockedFileRefusal(blocked));
  if (!isCheckedAtOnce(artifact)) {
    await requestCheck(env.DB, actor, artifact, given);
    const now = await readUpload(env.DB, releaseId, id);
    const progress = progressOf(now.artifact, now.check, actor.now);
    if (progress === null) throw uploadIsOver();
    if (running === null || isStalled(running, actor.now)) await startCheck(env, id, actor.now);
    return { artifact: now.artifact, check: progress };
  }
  const assembled = await assembleParts(env.BINARIES, artifact, parts);
  const object = assembled.ok ? await env.BINARIES.get(artifact.object_key) : null;
  if (object === null) throw await restartUpload(env, actor, artifact, "lost in storage");
  const summation = await summationOf(env.DB, framer, artifact, given.signature);
  const measured = await measure(object.body, summation?.update);
  const isAsDeclared = measured.sha256 === artifact.sha256 && measured.size === artifact.size;
  if (summation !== null && isAsDeclared && !(await sumAgain(env.BINARIES, artifact, summation))) {
    throw await restartUpload(env, actor, artifact, "lost in storage");
  }
  const concluded = await conclude(env, actor, artifact, { measured, summation }, given, policy);
  if (!concluded.ok) throw new Problem(concluded.error);
  return passed(concluded.value);
}

/** Reads the file once for each further pass of its packages. False if R2 has lost it. Throws R2's errors. */
async function sumAgain(bucket: Pick<R2Bucket, "get">, { object_key }: Artifact, summation: Summation) {
  while (await summation.endPass()) {
    const object = await bucket.get(object_key);
    if (object === null) return false;
    await readPieces(object.body, summation.update);
  }
  return true;
}

/** The policy for a file that is signed later. Publication is decided by the whole policy. */
const unsignedToo = (policy: SignaturePolicy): SignaturePolicy => ({ ...policy, required: false });

const passed = (artifact: Artifact): Completion => {
  const { size } = artifact;
  return { artifact, check: { state: "passed", checked: size, size, problem: null } };
};

/** Starts the job of a check. If that fails, the cron starts it. */
async function startCheck(env: Pick<Env, "JOBS">, artifactId: string, now: UnixSeconds): Promise<void> {
  try {
    await startJob(env, CHECK_JOB, now, { subject: artifactId });
  } catch (error) {
    logFailure("check.not_started", error, { artifact_id: artifactId });
  }
}

/**
 * Ends the check of a file that has been read: marks it ready together with its packages, or deletes it, opens a new
 * upload, and returns the refusal with every fault. Throws the errors of D1 and R2, and ARTIFACT_NOT_FOUND if it has
 * been removed.
 */
export async function conclude(
  env: UploadEnv,
  actor: Actor,
  artifact: Artifact,
  { measured, summation }: { measured: Measured; summation: Summation | null },
  { signature, pgpSignature = null }: GivenSignatures,
  policy: SignaturePolicy,
): Promise<Result<Artifact, Refusal>> {
  // The request for the check has refused a missing signature, unless it was for an unsigned file.
  const rules = signature === null ? unsignedToo(policy) : policy;
  const minisig = await readSignature(signature, rules, await readSignedFile(env.DB, artifact));
  if (!minisig.ok) return err(invalidFile([minisig.error]));
  const faults = await faultsOf(artifact, measured, minisig.value, policy.keys);
  if (faults.length > 0) {
    const refusal = invalidFile(faults);
    await restartUpload(env, actor, artifact, `wrong ${faults.map(({ path }) => path).join(", ")}`, refusal);
    return err(refusal);
  }
  const signed = minisig.value && {
    signature: formatMinisignSignature(minisig.value),
    keyId: showKeyId(minisig.value.keyId),
  };
  const blake2b512 = encodeBase64(measured.blake2b512);
  const packages = (await summation?.packages()) ?? [];
  const framed = await storeFrames(env, artifact.id, packages, actor.now);
  const now = await markReady(env.DB, actor, artifact, { blake2b512, signed, pgpSignature, framed });
  return now.state === "ready" ? ok(now) : err(uploadIsOver());
}

function requireAllParts(artifact: Artifact, parts: Part[]): void {
  const there = new Set(parts.map(({ part }) => part));
  const missing = Array.from({ length: partCount(artifact) }, (_, index) => index + 1).filter((n) => !there.has(n));
  if (missing.length === 0) return;
  const shown = missing.slice(0, 20).join(", ") + (missing.length > 20 ? `, and ${missing.length - 20} more` : "");
  throw new Problem(invalidFile([{ path: "parts", message: `Parts are missing: ${shown}.` }]));
}

/** The refusal of a file, with every fault. */
export const invalidFile = (errors: (Fault | { path: "parts"; message: string })[]): Refusal => ({
  code: "VALIDATION_FAILED",
  detail: errors.map(({ message }) => message).join(" "),
  extras: { errors },
});
