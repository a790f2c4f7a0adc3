import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import { compareVersions } from "../../domain/releases/version.ts";
import { idOfName } from "../../domain/workers/families.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { digestFile, isFileError } from "../files.ts";

/** Whether a file name is a worker id. An interrupted download (`WORKER-....part`) is not. */
export const isWorkerId = (name: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);

/** Whether there is a file, and not a folder, at a path. */
export const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() ?? false;

/** The ids of the workers in a folder, in order. None if the folder is missing. Throws the file system's errors. */
export async function installedWorkers(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isFileError(error, "ENOENT")) return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isFile() && isWorkerId(entry.name)).map(({ name }) => name);
  return names.sort();
}

/**
 * The installed workers with these names, or all if none is named. A variant such as premium-cpu names its worker.
 * Throws `CliError` (notFound) for a worker that is not in the folder.
 */
export async function namedWorkers(names: readonly string[], folder: string): Promise<string[]> {
  const all = await installedWorkers(folder);
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((id) => id === name) ?? all.find((id) => id === idOfName(name));
    if (found === undefined) throw new CliError(EXIT.notFound, `${name} is not installed in ${folder}.`);
    return found;
  });
}

/** The state of an installed worker. `other`: no file that the catalog has published. `unknown`: it did not answer. */
export type InstalledState = "current" | "outdated" | "yanked" | "blocked" | "other" | "unknown";

/** An installed worker. `version` and `latest` are null where they are not known. */
export type InstalledWorker = {
  worker: string;
  version: string | null;
  latest: string | null;
  state: InstalledState;
  size: number;
  path: string;
};

/**
 * Looks an installed worker up by its sha256 in the index of its releases. It informs only: it does not check the
 * index's signature, as `verify` does. A catalog that does not answer makes the state unknown. Throws the file system's
 * errors.
 */
export async function lookUp(client: CatalogClient, worker: string, folder: string): Promise<InstalledWorker> {
  const file = join(folder, worker);
  const { size, sha256 } = await digestFile(file);
  const facts = { worker, size, path: file };
  const index = await readIndex(client, worker);
  if (index === "unreachable") return { ...facts, version: null, latest: null, state: "unknown" };
  const { latest = null, versions = [] } = index ?? {};
  const found = versions.find(({ artifacts }) => artifacts.some((artifact) => artifact.sha256 === sha256));
  if (!found) return { ...facts, version: null, latest, state: "other" };
  const { version, status } = found;
  const ifPublished = latest !== null && compareVersions(latest, version) > 0 ? "outdated" : "current";
  return { ...facts, version, latest, state: status === "published" ? ifPublished : status };
}

const Index = ReleaseIndex.pick({ latest: true, versions: true });

async function readIndex(client: CatalogClient, worker: string): Promise<z.infer<typeof Index> | "unreachable" | null> {
  try {
    return await client.json(Index, { path: path`/v1/workers/${worker}/index.json`, attempts: 2 });
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.notFound) return null;
    if (error instanceof CliError && error.exitCode === EXIT.unavailable) return "unreachable";
    throw error;
  }
}

/** Removes a worker and what interrupted downloads of it have left. Throws the file system's errors. */
export async function removeWorker(worker: string, folder: string): Promise<void> {
  await rm(join(folder, worker), { force: true });
  for (const entry of await readdir(folder)) {
    const isPart = LEFT_OVER.test(entry) && entry.replace(LEFT_OVER, "") === worker;
    if (isPart) await rm(join(folder, entry), { force: true });
  }
}

/** The end of a part file's name: the worker's is before it, so that `w-cpu` removes none of `w-cpu-big`. */
const LEFT_OVER = /-[0-9a-f]{64}\.[^/]*part$/;
