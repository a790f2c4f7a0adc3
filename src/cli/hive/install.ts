import { chmod, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { digestFile, type FileDigest, xdgFolder } from "../files.ts";
import { startLoggedProgress } from "../output.ts";
import { checkedLink } from "../transport.ts";
import { checkDownload, type Expected, type ReleaseKeys } from "./check.ts";
import { download, takePartFile } from "./download.ts";
import type { LicenseSource, SentLicense } from "./license.ts";
import { requireLoader } from "./loader.ts";
import { withoutLicense } from "./resolve.ts";

const Download = z.looseObject({
  worker_id: z.string(),
  version: z.string(),
  download_url: z.string(),
  filename: z.string(),
  size: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature_url: z.string().nullable(),
  /** Null for a premium worker. Catalogs before 2026-11-28 do not send it. */
  public_url: z.string().nullish(),
});

type Download = z.infer<typeof Download>;

export type InstallRequest = {
  /** The worker's id or variant. */
  worker: string;
  /** Undefined: the latest stable version that the license covers. */
  version: string | undefined;
  /** The file of the version. Absent: the platform's default build. */
  filename?: string;
  platform: string;
  /** Whether it is for another machine, so that it need not start on this one. */
  isElsewhere: boolean;
  folder: string;
  /** The license, which is sent only if the catalog asks for one. */
  license: LicenseSource;
  keys: ReleaseKeys;
};

export type Installed = { worker: string; version: string; path: string; size: number; sha256: string };

/** The folder of installed workers, as in the install script: `$XDG_CACHE_HOME/rbee/workers`, else in `~/.cache`. */
export const workersFolder = (env: NodeJS.ProcessEnv): string =>
  join(xdgFolder(env["XDG_CACHE_HOME"], ".cache"), "workers");

/**
 * Downloads a worker, checks it, and puts it in place. Resumes earlier downloads. The folder must be there. Throws
 * `CliError`.
 */
export async function installWorker(client: CatalogClient, request: InstallRequest): Promise<Installed> {
  const ask = downloadOf(client, request);
  const first = await ask(request.version ?? "latest");
  if (request.filename !== undefined && first.filename !== request.filename) {
    throw new CliError(EXIT.integrity, `The catalog answered with ${first.filename} instead of ${request.filename}.`);
  }
  // If a newer version is published during the download, this one is still finished.
  const { worker_id: workerId, version, filename, size, sha256 } = first;
  if (request.version !== undefined && version !== request.version) {
    throw new CliError(EXIT.integrity, `The catalog answered with version ${version} instead of ${request.version}.`);
  }
  const file = { workerId, version, filename, size, sha256 };
  let link: Download | null = first;
  return placeWorker(request, file, {
    async check(digest) {
      const signature = await fetchSignature(link ?? (await ask(version)), client.url);
      await checkDownload(digest, file, signature, request.keys.keys);
    },
    fetch: (partPath, onProgress) =>
      download({
        partPath,
        onProgress,
        source: async () => {
          const { download_url, public_url, ...served } = link ?? (await ask(version));
          link = null;
          const { href: url } = checkedLink(addressOf(download_url, public_url), client.url);
          return { url, size: served.size, sha256: served.sha256 };
        },
      }),
  });
}

/** The way to the bytes of a file, and to the proof that they are the published ones. */
export type Delivery = {
  /** Brings the file to `partPath` and returns its digest. Throws `CliError`. */
  fetch(partPath: string, onProgress: (bytes: number) => void): Promise<FileDigest>;
  /** Throws `CliError` (integrity) unless the bytes are those of the published file. */
  check(digest: FileDigest): Promise<void>;
};

/**
 * Puts a worker in place by an atomic rename, so that no partly installed worker is ever there. A file that fails its
 * check is deleted, and one that is there already is only checked. Throws `CliError`.
 */
export async function placeWorker(
  { folder, isElsewhere }: Pick<InstallRequest, "folder" | "isElsewhere">,
  file: Expected,
  delivery: Delivery,
): Promise<Installed> {
  const { workerId, version, size, sha256 } = file;
  const target = join(folder, safeName(workerId));
  const installed = { worker: workerId, version, path: target, size, sha256 };
  const present = await digestFile(target).catch(() => null);
  if (present?.sha256 === sha256) {
    await delivery.check(present);
    return installed;
  }
  const partPath = await takePartFile(target, sha256);
  const progress = startLoggedProgress(`${workerId} ${version}`, size);
  const digest = await delivery.fetch(partPath, progress.update).finally(progress.finish);
  try {
    await delivery.check(digest);
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.integrity) await rm(partPath, { force: true });
    throw error;
  }
  if (!isElsewhere) await requireLoader(partPath, `${workerId} ${version}`);
  await chmod(partPath, 0o755);
  await rename(partPath, target);
  return installed;
}

/** The public address if the catalog itself serves both: caches have it. A link to the bucket is faster still. */
const addressOf = (downloadUrl: string, publicUrl: string | null | undefined): string =>
  publicUrl && URL.canParse(publicUrl) && new URL(publicUrl).origin === new URL(downloadUrl).origin
    ? publicUrl
    : downloadUrl;

/** Returns a function that asks for the link to a version. It sends the license once the catalog has asked for it. */
function downloadOf(client: CatalogClient, request: InstallRequest): (version: string) => Promise<Download> {
  const { worker, platform, filename, license } = request;
  const send = (version: string, sent: SentLicense | null): Promise<Download> =>
    client.json(Download, {
      path: path`/v1/workers/${worker}/${version}/download`,
      query: { platform, filename },
      ...sent,
    });
  let isPremium = false;
  return async (version) => {
    try {
      if (!isPremium) return await send(version, null);
    } catch (error) {
      if (problemCode(error) !== "CREDENTIAL_REQUIRED") throw explained(error, client, worker, version);
      isPremium = true;
    }
    const sent = await license.current();
    if (sent === null) throw await missingLicense(client, request, version);
    try {
      return await send(version, sent);
    } catch (error) {
      const code = problemCode(error);
      const isOver = code === "TOKEN_EXPIRED" || code === "TOKEN_INVALID" || code === "KEY_REQUIRED";
      const other = isOver ? await license.replaced() : null;
      if (other === null) throw explained(error, client, worker, version);
      return send(version, other);
    }
  };
}

/** The error for a worker that has no release, in place of the catalog's. Returns every other error unchanged. */
function explained(error: unknown, client: CatalogClient, worker: string, version: string): unknown {
  if (problemCode(error) !== "VERSION_NOT_FOUND" || version !== "latest") return error;
  const recipe = client.url + path`/workers/${worker}/PKGBUILD`;
  return new CliError(
    EXIT.notFound,
    `${worker} has no binary release. A free worker can be built from source: ${recipe}`,
  );
}

const Versions = z.looseObject({
  latest: z.string().nullable(),
  versions: z.array(
    z.looseObject({ version: z.string(), artifacts: z.array(z.looseObject({ platform: z.string() })) }),
  ),
});

/** The error for a machine without a license. A worker that no license could install here is told of instead. */
async function missingLicense(
  client: CatalogClient,
  { worker, platform }: InstallRequest,
  version: string,
): Promise<CliError> {
  const list = await client.json(Versions, {
    path: path`/v1/workers/${worker}/versions`,
    query: { include_yanked: true },
  });
  const wanted = version === "latest" ? list.latest : version;
  if (wanted === null) return new CliError(EXIT.notFound, `${worker} has no release yet.`);
  const found = list.versions.find((one) => one.version === wanted);
  if (!found) return new CliError(EXIT.notFound, `${worker} has no version ${wanted}.`);
  if (!found.artifacts.some((one) => one.platform === platform)) {
    return new CliError(EXIT.notFound, `${worker} ${wanted} has no binary for ${platform}.`);
  }
  return withoutLicense(worker);
}

/** Fetches the text of the `.minisig`. Throws `CliError` (integrity) if the release is not signed. */
async function fetchSignature(
  { signature_url: url, worker_id, version }: Download,
  catalogUrl: string,
): Promise<string> {
  if (url === null) {
    throw new CliError(EXIT.integrity, `${worker_id} ${version} was not installed, because it is not signed.`);
  }
  const { origin, pathname, search } = checkedLink(url, catalogUrl);
  // A new client, because the link may lead to another host and needs no credential.
  return (await new CatalogClient({ url: origin }).send({ path: pathname + search })).text();
}

/** Checks that an id from the catalog is a plain file name, so that it cannot leave the folder. */
function safeName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) return name;
  throw new CliError(EXIT.integrity, `"${name}" is not the id of a worker.`);
}
