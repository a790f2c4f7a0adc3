import { encodeHex } from "../../../lib/encoding.ts";
import { newId } from "../../../lib/id.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { noteUnnamed } from "../artifact/discarded-store.ts";
import type { SummedPackage } from "./package-work.ts";
import type { FramedRow } from "./store.ts";

/**
 * Writes the frames of an artifact's packages to R2, each under a key of its own, and returns their rows for the
 * ledger. Until the ledger names a frame it is noted as unnamed, so an interrupted request leaves nothing behind.
 * Throws the errors of D1 and R2.
 */
export async function storeFrames(
  env: Pick<Env, "DB" | "BINARIES">,
  artifactId: string,
  packages: readonly SummedPackage[],
  now: UnixSeconds,
): Promise<FramedRow[]> {
  if (packages.length === 0) return [];
  const frames = await Promise.all(
    packages.map(async (made) => ({ row: await rowOf(artifactId, made, now), bytes: made.frame.bytes })),
  );
  await env.DB.batch(frames.map(({ row }) => noteUnnamed(env.DB, now, row.frame_key)));
  await Promise.all(frames.map(({ row, bytes }) => env.BINARIES.put(row.frame_key, bytes)));
  return frames.map(({ row }) => row);
}

const rowOf = async (
  artifact_id: string,
  { format, filename, size, sha256, index, frame: { bytes, layout }, signedBy }: SummedPackage,
  now: UnixSeconds,
): Promise<FramedRow> => ({
  ...{ artifact_id, format, filename, size, sha256, layout, listing: index },
  ...{ frame_key: `frames/${sha256}/${newId("art")}`, frame_size: bytes.length, signed_by: signedBy, framed_at: now },
  frame_sha256: encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))),
});
