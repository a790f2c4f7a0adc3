import { encodeHex } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import { logFailure } from "../../../lib/log.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { noteUnnamed } from "../artifact/discarded-store.ts";
import { frameOf } from "./frame.ts";
import { type FramedRow, LONGEST_INDEX } from "./store.ts";
import type { SummedPackage } from "./summation.ts";

/**
 * Writes the frames of an artifact's packages to R2, each under a key of its own, and returns their rows for the
 * ledger. Until the ledger names a frame it is noted as unnamed, so an interrupted request leaves nothing behind. A
 * package that no row can hold is left out and logged. Throws the errors of D1 and R2.
 */
export async function storeFrames(
  env: Pick<Env, "DB" | "BINARIES">,
  artifactId: string,
  packages: readonly SummedPackage[],
  now: UnixSeconds,
): Promise<FramedRow[]> {
  const frames: { row: FramedRow; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (const { format, filename, size, sha256, index, segments, signedBy } of packages) {
    const { bytes, layout } = frameOf(segments);
    const length = JSON.stringify([index, layout]).length;
    if (length > LONGEST_INDEX) {
      const reason = new RangeError(`its index and layout have ${length} characters, more than ${LONGEST_INDEX}`);
      logFailure("framing.failed", reason, { artifact_id: artifactId, format });
      continue;
    }
    const row = {
      ...{ artifact_id: artifactId, format, filename, size, sha256, layout, listing: index },
      ...{
        frame_key: `frames/${sha256}/${newId("art")}`,
        frame_size: bytes.length,
        signed_by: signedBy,
        framed_at: now,
      },
      frame_sha256: encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))),
    };
    frames.push({ row, bytes });
  }
  if (frames.length > 0) await env.DB.batch(frames.map(({ row }) => noteUnnamed(env.DB, now, row.frame_key)));
  await Promise.all(frames.map(({ row, bytes }) => env.BINARIES.put(row.frame_key, bytes)));
  return frames.map(({ row }) => row);
}
