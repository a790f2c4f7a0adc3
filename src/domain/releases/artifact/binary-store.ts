import { newId } from "../../../lib/id.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { Artifact } from "../store.ts";
import type { Part } from "./store.ts";

/** The place of one upload's bytes in R2. */
export type UploadPlace = Pick<Artifact, "object_key" | "upload_id">;

/**
 * Opens an upload under a key of its own, made of the content's hash and an id of this attempt. So no upload overwrites
 * another: neither checked bytes, nor an earlier attempt. Throws R2's errors.
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
 * Streams part `n`, which must have exactly `size` bytes, and returns its ETag in R2. `wrong_size`: the body is longer
 * or shorter. `lost`: R2 has no such upload. Throws other errors of R2 and of the body.
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
  // Whether the stream or R2 fails first depends on whether bytes are missing or left over.
  if (isWrongLength(put.reason) || (piped.status === "rejected" && isWrongLength(piped.reason)))
    return err("wrong_size");
  throw put.reason;
}

/**
 * Assembles the parts. Succeeds as well if an earlier request assembled them and was cut off before it answered.
 * `lost`: R2 has neither the upload nor the object, or not these parts. Throws other errors of R2.
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

/** Deletes an upload and its object from R2, once nothing refers to it. Throws R2's errors. */
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

/** Whether R2 answered with error 10024 (no such upload) or 10025 (no such part), told in the message only. */
const isLost = (error: unknown): boolean => error instanceof Error && /\(1002[45]\)/.test(error.message);

const isWrongLength = (error: unknown): boolean =>
  error instanceof TypeError && /FixedLengthStream/.test(error.message);
