import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CliError, EXIT } from "../errors.ts";
import { isFileError } from "../files.ts";

/** A file to verify. `workerId` is null if it may be of any worker. */
export type Target = { path: string; workerId: string | null };

/**
 * Resolves the names on the command line: a file if it exists, else a worker that is installed in `folder`. Without
 * names, returns every installed worker. Throws `CliError` (notFound) for an unknown name, or if nothing is installed.
 */
export async function findTargets(names: readonly string[], folder: string): Promise<Target[]> {
  if (names.length > 0) return Promise.all(names.map((name) => targetOf(name, folder)));
  const installed = await installedWorkers(folder);
  if (installed.length === 0) throw new CliError(EXIT.notFound, `No worker is installed in ${folder}.`);
  return installed.map((workerId) => ({ path: join(folder, workerId), workerId }));
}

async function targetOf(name: string, folder: string): Promise<Target> {
  if (await isFile(name)) return { path: name, workerId: null };
  const path = join(folder, name);
  if (isWorkerId(name) && (await isFile(path))) return { path, workerId: name };
  throw new CliError(EXIT.notFound, `${name} is neither a file nor a worker installed in ${folder}.`);
}

/** Whether a file name is a worker id. An interrupted download (`WORKER-....part`) is not. */
const isWorkerId = (name: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() ?? false;

async function installedWorkers(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && isWorkerId(entry.name)).map(({ name }) => name);
    return names.sort();
  } catch (error) {
    if (isFileError(error, "ENOENT")) return [];
    throw error;
  }
}
