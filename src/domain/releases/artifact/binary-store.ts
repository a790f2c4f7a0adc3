import { newId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { Artifact } from "../store.ts";
import type { Part } from "./store.ts";

/** Where R2 has the bytes of one upload. */
export type UploadPlace = Pick<Artifact, "object_key" | "upload_id">;

/**
 * Opens an upload under a key of its own. The key names the content and then this one attempt, so no bytes are ever
 * written over others: neither unchecked ones over checked ones, nor one attempt over the next. Throws what R2 throws.
 */
export async function openUpload(
  bucket: Pick<R2Bucket, "createMultipartUpload">,
  { sha256, filename }: Pick<Artifact, "sha256" | "filename">,
): Promise<UploadPlace> {
  const upload = await bucket.createMultipartUpload(`artifacts/${sha256}/${newId("art")}`, {
    httpMetadata: {
      contentType: "application/octet-stream",
      contentDisposition: `attachment; filename="${filename}"`,
    },
  });
  return { object_key: upload.key, upload_id: upload.uploadId };
}

/**
 * Streams part `n`, which must have exactly `size` bytes, and returns R2's name for it. `wrong_size`: the body has
 * more or fewer; `lost`: R2 has no such upload (any more). Throws what R2 and the body throw otherwise.
 */
export async function streamPart(
  bucket: Pick<R2Bucket, "resumeMultipartUpload">,
  { object_key, upload_id }: UploadPlace,
  n: number,
  body: ReadableStream<Uint8Array>,
  size: number,
): Promise<Result<string, "wrong_size" | "lost">> {
  const upload = bucket.resumeMultipartUpload(object_key, upload_id);
  const sized = new FixedLengthStream(size);
  const refused = new AbortController();
  const [piped, put] = await Promise.allSettled([
    body.pipeTo(sized.writable, { signal: refused.signal }),
    upload.uploadPart(n, sized.readable).catch((error: unknown) => {
      refused.abort();
      throw error;
    }),
  ]);
  if (put.status === "fulfilled") return ok(put.value.etag);
  if (isLost(put.reason)) return err("lost");
  // Which of the two notices first depends on whether bytes are missing or left over.
  if (isWrongLength(put.reason) || (piped.status === "rejected" && isWrongLength(piped.reason)))
    return err("wrong_size");
  throw put.reason;
}

/**
 * Puts the parts together. Succeeds too when an earlier request has done so and was cut off before it could tell.
 * `lost`: R2 has neither the upload nor the object, or not these parts. Throws what R2 throws otherwise.
 */
export async function assembleParts(
  bucket: Pick<R2Bucket, "resumeMultipartUpload" | "head">,
  { object_key, upload_id }: UploadPlace,
  parts: Part[],
): Promise<Result<null, "lost">> {
  try {
    await bucket
      .resumeMultipartUpload(object_key, upload_id)
      .complete(parts.map(({ part, etag }) => ({ partNumber: part, etag })));
    return ok(null);
  } catch (error) {
    if (!isLost(error)) throw error;
    return (await bucket.head(object_key)) ? ok(null) : err("lost");
  }
}

/** Frees what R2 holds of an upload that nothing refers to any more, finished or not. Throws what R2 throws. */
export async function discardUpload(
  bucket: Pick<R2Bucket, "resumeMultipartUpload" | "delete">,
  { object_key, upload_id }: UploadPlace,
): Promise<void> {
  try {
    await bucket.resumeMultipartUpload(object_key, upload_id).abort();
  } catch (error) {
    if (!isLost(error)) throw error;
  }
  await bucket.delete(object_key);
}

/** R2's errors 10024 (no such upload) and 10025 (no such part), which it tells by their numbers in the message. */
const isLost = (error: unknown): boolean => error instanceof Error && /\(1002[45]\)/.test(error.message);

const isWrongLength = (error: unknown): boolean =>
  error instanceof TypeError && /FixedLengthStream/.test(error.message);
