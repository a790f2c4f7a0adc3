import { mkdir, open, rm, truncate } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { type FileDigest, RunningDigest } from "../files.ts";
import { startLoggedProgress } from "../output.ts";
import type { Release } from "../release-view.ts";

/** The bytes that one request asks for. They are in memory until they are written. */
const PIECE = 16 * 1024 * 1024;

/** The folder for the files of a draft: `$XDG_CACHE_HOME/rbee/drafts/<release>`, else in `~/.cache`. */
export const draftFolder = (env: NodeJS.ProcessEnv, releaseId: string): string =>
  join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "rbee", "drafts", releaseId);

/** A downloaded file of a draft, and the digest of the bytes that are on the disk. */
export type DraftFile = { path: string; digest: FileDigest };

/**
 * Downloads a file of a draft into `folder`, and hashes it on the way. An interrupted download is continued. Throws
 * `CliError` (integrity) if the bytes are not those that the release names.
 */
export async function downloadDraftFile(
  client: CatalogClient,
  release: Release,
  artifact: Release["artifacts"][number],
  folder: string,
): Promise<DraftFile> {
  const { id, filename, size, sha256 } = artifact;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The suffix of a package's name tells its compression, so the name stays whole.
  const file = join(folder, `${sha256}-${filename}`);
  const digest = new RunningDigest();
  const target = await open(file, "a+", 0o600);
  const progress = startLoggedProgress(`Downloading ${filename}`, size);
  try {
    if ((await target.stat()).size > size) await truncate(file, 0);
    await digest.updateFrom(file, progress.update);
    while (digest.size < size) {
      const end = Math.min(digest.size + PIECE, size) - 1;
      const response = await client.send({
        path: path`/v1/admin/releases/${release.id}/artifacts/${id}/content`,
        headers: { Range: `bytes=${digest.size}-${end}`, "If-Range": `"${sha256}"` },
        timeoutMs: PIECE_TIMEOUT_MS,
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206 || bytes.length !== end - digest.size + 1) {
        throw new CliError(EXIT.integrity, `The catalog sent another part of ${filename} than the requested one.`);
      }
      await target.appendFile(bytes);
      digest.update(bytes);
      progress.update(digest.size);
    }
  } finally {
    progress.finish();
    await target.close();
  }
  const found = digest.finish();
  if (found.sha256 === sha256) return { path: file, digest: found };
  await rm(file, { force: true });
  throw new CliError(EXIT.integrity, `${filename} has the sha256 ${found.sha256}, not ${sha256} as the draft says.`);
}

const PIECE_TIMEOUT_MS = 10 * 60_000;
