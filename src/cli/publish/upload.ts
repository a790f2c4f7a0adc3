import { type FileHandle, open } from "node:fs/promises";
import * as z from "zod";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { startLoggedProgress } from "../output.ts";
import { completeUpload, requireAcceptedSignature } from "./check.ts";
import type { ReleaseFile } from "./release-file.ts";

/** Parts that are uploaded at the same time. */
const PARALLEL = 4;

const UploadState = z.looseObject({
  artifact: z.looseObject({ id: z.string(), state: z.string() }),
  upload: z.looseObject({
    part_size: z.number().int().positive(),
    parts: z.array(z.looseObject({ part: z.number() })),
  }),
});

/**
 * Uploads the parts of a file that the catalog does not have yet, then has it check the whole file. Reads part by part.
 * Idempotent, and resumes after any interruption. `path` is the artifact's; `client` sends an admin token.
 */
export async function uploadArtifact(client: CatalogClient, path: string, file: ReleaseFile): Promise<void> {
  const { artifact, upload } = await client.json(UploadState, { path });
  if (artifact.state === "ready") return;
  const { part_size: step } = upload;
  const present = new Set(upload.parts.map(({ part }) => part));
  const all = Array.from({ length: Math.ceil(file.size / step) }, (_, index) => index + 1);
  const missing = all.filter((part) => !present.has(part));
  if (missing.length > 0) await requireAcceptedSignature(client, path, file);

  const sizeOf = (part: number): number => Math.min(step, file.size - (part - 1) * step);
  const progress = startLoggedProgress(`Uploading ${file.filename}`, file.size);
  let done = missing.reduce((rest, part) => rest - sizeOf(part), file.size);
  progress.update(done);
  const source = await open(file.path);
  try {
    await inParallel(missing, PARALLEL, async (part) => {
      const body = await readPart(source, (part - 1) * step, sizeOf(part));
      await client.send({ method: "PUT", path: `${path}/parts/${part}`, body });
      done += body.size;
      progress.update(done);
    });
  } finally {
    progress.finish();
    await source.close();
  }
  await completeUpload(client, path, file);
}

/**
 * Reads one part of a file into memory. The Blob of `openAsBlob` is wrong beyond 4 GiB: Node counts its bytes in 32
 * bits. Throws if the file has become shorter.
 */
async function readPart(source: FileHandle, position: number, size: number): Promise<Blob> {
  const bytes = new Uint8Array(size);
  for (let read = 0; read < size; ) {
    const { bytesRead } = await source.read(bytes, read, size - read, position + read);
    if (bytesRead === 0) throw new CliError(EXIT.failure, "The file has become shorter. Run the same command again.");
    read += bytesRead;
  }
  return new Blob([bytes]);
}

/** Runs `task` for every item, `limit` at a time. After a failure it waits for the running ones, and throws. */
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
