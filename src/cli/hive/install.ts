import { chmod, mkdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../exit-code.ts";
import { digestFile } from "../file-digest.ts";
import { startProgress } from "../progress.ts";
import { checkDownload } from "./check.ts";
import { discard, download } from "./download.ts";
import type { ReleaseKeys } from "./release-key.ts";

const Versions = z.looseObject({ latest: z.string().nullable() });

const Download = z.looseObject({
  download_url: z.string(),
  filename: z.string(),
  size: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature_url: z.string().nullable(),
});

export type InstallRequest = {
  workerId: string;
  /** Undefined: the latest that the license covers. */
  version: string | undefined;
  platform: string;
  folder: string;
  /** Gives the token to ask with, or undefined where none is held: free workers need none. */
  credential: () => Promise<string | undefined>;
  keys: ReleaseKeys;
};

export type Installed = { worker: string; version: string; path: string; size: number; sha256: string };

/** Where hives keep their workers. */
export const workersFolder = (): string => join(homedir(), ".cache", "rbee", "workers");

/**
 * Downloads a worker, checks it and puts it in place in one step: a worker that was there works until then, and nothing
 * half-installed is ever found. Downloads resume. Throws `CliError`; what fails its check is deleted.
 */
export async function installWorker(client: CatalogClient, request: InstallRequest): Promise<Installed> {
  const { workerId, platform, folder } = request;
  const version = request.version ?? (await latestVersion(client, request));
  const release = path`/v1/workers/${workerId}/${version}`;
  const ask = async (): Promise<z.infer<typeof Download>> =>
    client.json(Download, {
      path: `${release}/download`,
      query: { platform },
      ...withCredential(await request.credential()),
    });
  const first = await ask();
  const target = join(folder, safeName(workerId));
  const installed = { worker: workerId, version, path: target, size: first.size, sha256: first.sha256 };
  if ((await digestFile(target).catch(() => null))?.sha256 === first.sha256) return installed;

  await mkdir(folder, { recursive: true });
  const partPath = `${target}-${safeName(version)}.part`;
  const progress = startProgress(`${workerId} ${version}`, first.size);
  let next: z.infer<typeof Download> | null = first;
  await download({
    partPath,
    onProgress: progress.update,
    source: async () => {
      const { download_url: url, size, sha256 } = next ?? (await ask());
      next = null;
      return { url, size, sha256 };
    },
  }).finally(progress.finish);

  const signature = await fetchSignature(
    client,
    `${release}/files/${encodeURIComponent(first.filename)}.minisig`,
    request,
  );
  try {
    const expected = { workerId, version, size: first.size, sha256: first.sha256 };
    await checkDownload(await digestFile(partPath), expected, signature, request.keys.keys);
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.integrity) await discard(partPath);
    throw error;
  }
  await chmod(partPath, 0o755);
  await rename(partPath, target);
  return installed;
}

async function latestVersion(client: CatalogClient, { workerId, credential }: InstallRequest): Promise<string> {
  const { latest } = await client.json(Versions, {
    path: path`/v1/workers/${workerId}/versions`,
    ...withCredential(await credential()),
  });
  if (latest !== null) return latest;
  throw new CliError(
    EXIT.notFound,
    `${workerId} has no binary release that you may have. Free workers are built from their PKGBUILD: ` +
      `${client.url}/workers/${workerId}/PKGBUILD`,
  );
}

/** The text of the `.minisig`. Asked for at the catalog itself, whose redirect fetch follows without the credential. */
async function fetchSignature(client: CatalogClient, signaturePath: string, request: InstallRequest): Promise<string> {
  const response = await client.send({ path: signaturePath, ...withCredential(await request.credential()) });
  return response.text();
}

const withCredential = (credential: string | undefined): { credential?: string } =>
  credential === undefined ? {} : { credential };

/** A name from the command line as a file name: it cannot leave its folder. */
function safeName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) return name;
  throw new CliError(EXIT.usage, `"${name}" is not the id of a worker or a version.`);
}
