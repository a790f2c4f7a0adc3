import { openAsBlob } from "node:fs";
import * as z from "zod";
import type { CatalogClient } from "../catalog-client.ts";
import { startLoggedProgress } from "../output.ts";
import { completeUpload } from "./check.ts";
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
 * Uploads the parts of a file that the catalog does not have yet, then has it check the whole file. Streams from disk.
 * Idempotent, and resumes after any interruption. `path` is the artifact's; `client` sends an admin token.
 */
export async function uploadArtifact(client: CatalogClient, path: string, file: ReleaseFile): Promise<void> {
  const { artifact, upload } = await client.json(UploadState, { path });
  if (artifact.state === "ready") return;
  const { part_size: step } = upload;
  const present = new Set(upload.parts.map(({ part }) => part));
  const all = Array.from({ length: Math.ceil(file.size / step) }, (_, index) => index + 1);
  const missing = all.filter((part) => !present.has(part));

  const bytes = await openAsBlob(file.path);
  const progress = startLoggedProgress(`Uploading ${file.filename}`, file.size);
  const partOf = (part: number): Blob => bytes.slice((part - 1) * step, part * step);
  let done = missing.reduce((rest, part) => rest - partOf(part).size, file.size);
  progress.update(done);
  await inParallel(missing, PARALLEL, async (part) => {
    const body = partOf(part);
    await client.send({ method: "PUT", path: `${path}/parts/${part}`, body });
    done += body.size;
    progress.update(done);
  }).finally(progress.finish);
  await completeUpload(client, path, file);
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
