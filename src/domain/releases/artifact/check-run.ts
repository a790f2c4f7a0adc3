import { currentTime } from "../../../lib/time.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { type Framer, NO_FRAMER, summationOf } from "../framing/framer.ts";
import type { Summation } from "../framing/summation.ts";
import type { Artifact } from "../store.ts";
import { assembleParts } from "./binary-store.ts";
import { faultOfSize, type SignaturePolicy } from "./check.ts";
import { type CheckRow, savedFraming, savedMeasurement } from "./check-record.ts";
import { readRunningCheck, refuseCheck, saveProgress } from "./check-store.ts";
import { conclude, invalidFile } from "./completion.ts";
import { measurement, readPieces } from "./measurement.ts";
import { CHECK_PLAN, type CheckPlan } from "./plan.ts";
import { readUpload } from "./store.ts";
import { restartUpload, type UploadEnv } from "./upload.ts";

/**
 * Works on the check of a file for one step: assembles its parts if that is to do, hashes the next bytes and sums the
 * packages around them, reads the file again for packages that need it, and concludes after the last bytes. Returns
 * whether another step is to do. Idempotent: the state is in the ledger and changes only from the state that the step
 * has read, so a repeated or overlapping step has no effect. A check that has ended, or whose file was removed or sent
 * again, is left alone. Throws the errors of D1 and R2.
 */
export async function runCheckStep(
  env: UploadEnv,
  artifactId: string,
  policy: SignaturePolicy,
  { framer = NO_FRAMER, plan = CHECK_PLAN }: { framer?: Framer; plan?: CheckPlan } = {},
): Promise<boolean> {
  const found = await readRunningCheck(env.DB, artifactId);
  if (found === null) return false;
  try {
    return await step(env, found, policy, framer, plan);
  } catch (error) {
    const isRemoved =
      error instanceof Problem && (error.code === "ARTIFACT_NOT_FOUND" || error.code === "VERSION_NOT_FOUND");
    if (!isRemoved) throw error;
    return false;
  }
}

async function step(
  env: UploadEnv,
  found: { artifact: Artifact; check: CheckRow },
  policy: SignaturePolicy,
  framer: Framer,
  plan: CheckPlan,
): Promise<boolean> {
  const { artifact } = found;
  const assembled = await assemble(env, artifact, found.check);
  if (assembled === null) return false;
  const { etag } = assembled;
  let { check } = assembled;
  const measured = measurement(savedMeasurement(check));
  const resumed = { saved: savedFraming(check), at: check.checked };
  const summation = await summationOf(env.DB, framer, artifact, check.signature, resumed);
  for (let left = plan.step; ; ) {
    const offset = measured.checked() < artifact.size ? measured.checked() : (summation?.place().at ?? artifact.size);
    if (offset === artifact.size) {
      if (!(await needsPass(artifact, check, summation))) break;
      continue;
    }
    if (left <= 0) return true;
    const length = Math.min(plan.slice, left, artifact.size - offset);
    const bytes = await readSlice(env.BINARIES, artifact, { etag, offset, length });
    if (bytes === null) return lose(env, artifact, check);
    let read = 0;
    const take = (piece: Uint8Array) => {
      read += piece.length;
      summation?.update(piece);
    };
    await (measured.checked() < artifact.size ? measured.read(bytes, take) : readPieces(bytes, take));
    if (read !== length) throw new Error(`R2 cut off ${artifact.object_key} at ${offset + read}`);
    const reached = { etag, measured: measured.save(), framing: summation?.save() ?? null };
    const saved = await saveProgress(env.DB, check, reached, currentTime());
    if (saved === null) return false;
    check = saved;
    left -= length;
  }
  const given = { signature: check.signature, pgpSignature: check.pgp_signature };
  const result = { measured: measured.result(), summation };
  const concluded = await conclude(env, actorOf(check), artifact, result, given, policy);
  // The refusal of a file is kept already. This is for a signature whose key is trusted no more.
  if (!concluded.ok) await refuseCheck(env.DB, check, concluded.error);
  return false;
}

/** Whether the file is read once more, for its packages. It is not if it differs from its declaration. */
async function needsPass({ sha256 }: Artifact, check: CheckRow, summation: Summation | null): Promise<boolean> {
  if (summation === null || measurement(savedMeasurement(check)).result().sha256 !== sha256) return false;
  return summation.endPass();
}

/** The check with the assembled bytes, or null if the check has ended. */
async function assemble(
  env: UploadEnv,
  artifact: Artifact,
  check: CheckRow,
): Promise<{ check: CheckRow; etag: string } | null> {
  if (check.etag !== null) return { check, etag: check.etag };
  const { parts } = await readUpload(env.DB, artifact.release_id, artifact.id);
  const assembled = await assembleParts(env.BINARIES, artifact, parts);
  const object = assembled.ok ? await env.BINARIES.head(artifact.object_key) : null;
  if (object === null) {
    await lose(env, artifact, check);
    return null;
  }
  const { etag, size } = object;
  const fault = faultOfSize(artifact, size);
  if (fault) {
    await restartUpload(env, actorOf(check), artifact, "wrong size", invalidFile([fault]));
    return null;
  }
  const saved = await saveProgress(env.DB, check, { etag, measured: null, framing: null }, currentTime());
  return saved && { check: saved, etag };
}

/** Bytes of the assembled file; null if R2 has lost it. Throws R2's errors. */
async function readSlice(
  bucket: Pick<R2Bucket, "get">,
  { object_key }: Artifact,
  { etag, offset, length }: { etag: string; offset: number; length: number },
): Promise<ReadableStream<Uint8Array> | null> {
  const object = await bucket.get(object_key, { range: { offset, length }, onlyIf: { etagMatches: etag } });
  return object !== null && "body" in object ? object.body : null;
}

/** Ends a check because storage has lost the file, and opens a new upload. */
async function lose(env: UploadEnv, artifact: Artifact, check: CheckRow): Promise<false> {
  await restartUpload(env, actorOf(check), artifact, "lost in storage");
  return false;
}

const actorOf = ({ actor, request_id }: CheckRow): Actor => ({ actor, requestId: request_id, now: currentTime() });
