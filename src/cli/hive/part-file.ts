import { randomBytes } from "node:crypto";
import { constants, copyFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What follows the target's name: the sum of the whole file, the process that writes, and what tells two of one number apart. */
const PART = /^-([0-9a-f]{64})\.(\d+)\.[^.]+\.part$/;

/**
 * The path of a file of this run's own for the bytes on their way to `target`, whose whole has this `sha256` (hex). No two runs write
 * to one file; names are as the install script's, and each goes on with what the other has left. What ended runs left of `target`
 * is removed; what one of them had of the same file is there to begin with: copied, since a process number says nothing of a run in
 * another container, which may write yet. Throws what the file system throws.
 */
export async function takePartFile(target: string, sha256: string): Promise<string> {
  const part = `${target}-${sha256}.${process.pid}.${randomBytes(6).toString("hex")}.part`;
  const [folder, name] = [dirname(target), basename(target)];
  for (const entry of await readdir(folder)) {
    const [, sum, pid] = (entry.startsWith(name) && PART.exec(entry.slice(name.length))) || [];
    if (sum === undefined || isRunning(Number(pid))) continue;
    const left = join(folder, entry);
    // Without a copy, as where the disk is full, the download begins anew.
    if (sum === sha256) await copyFile(left, part, constants.COPYFILE_FICLONE).catch(() => {});
    await rm(left, { force: true });
  }
  return part;
}

/** Whether another process than this one has the number `pid`. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's is not ours to signal, but runs.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
