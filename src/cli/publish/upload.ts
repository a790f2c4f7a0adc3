import { openAsBlob } from "node:fs";
import * as z from "zod";
import { type CatalogClient, path } from "../catalog-client.ts";
import { startProgress } from "../output.ts";
import type { ReleaseFile } from "./release-file.ts";

/** Parts under way at once. */
const PARALLEL = 4;

/** A gigabyte is checked on the server in some twenty seconds; the largest file needs minutes. */
const COMPLETE_TIMEOUT_MS = 10 * 60_000;

const UploadState = z.looseObject({
  artifact: z.looseObject({ id: z.string(), state: z.string() }),
  upload: z.looseObject({
    part_size: z.number().int().positive(),
    parts: z.array(z.looseObject({ part: z.number() })),
  }),
});

/** Where an artifact is: the release and its own id. */
export type ArtifactAddress = { releaseId: string; artifactId: string };

/**
 * Sends the parts of a file that the catalog does not have yet, then asks it to check the whole. Nothing is read into
 * memory but what is on the line. Repeatable after any break. Throws `CliError`.
 */
export async function uploadArtifact(
  client: CatalogClient,
  credential: string,
  { releaseId, artifactId }: ArtifactAddress,
  file: ReleaseFile,
): Promise<void> {
  const artifactPath = path`/v1/admin/releases/${releaseId}/artifacts/${artifactId}`;
  const { artifact, upload } = await client.json(UploadState, { path: artifactPath, credential });
  if (artifact.state === "ready") return;
  const { part_size } = upload;
  const present = new Set(upload.parts.map(({ part }) => part));
  const all = Array.from({ length: Math.ceil(file.size / part_size) }, (_, index) => index + 1);
  const sizeOf = (part: number): number => Math.min(part_size, file.size - (part - 1) * part_size);

  const bytes = await openAsBlob(file.path);
  const progress = startProgress(`Uploading ${file.filename}`, file.size);
  let done = all.filter((part) => present.has(part)).reduce((total, part) => total + sizeOf(part), 0);
  progress.update(done);
  const missing = all.filter((part) => !present.has(part));
  await inParallel(missing, PARALLEL, async (part) => {
    const start = (part - 1) * part_size;
    const body = bytes.slice(start, start + sizeOf(part));
    await client.send({ method: "PUT", path: `${artifactPath}/parts/${part}`, body, credential });
    done += body.size;
    progress.update(done);
  }).finally(progress.finish);
  await client.send({
    method: "POST",
    path: `${artifactPath}/complete`,
    credential,
    repeatable: true,
    // A signature may have been made, or made anew, since the file was declared.
    body: { signature: file.signature, pgp_signature: file.pgpSignature },
    timeoutMs: COMPLETE_TIMEOUT_MS,
  });
}

/**
 * Runs `task` for every item, at most `limit` at a time. After the first failure no more are started; it is thrown once
 * those under way have ended.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      if (failed) return;
      try {
        await task(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: limit }, work));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
}
