import { randomBytes } from "node:crypto";
import { constants, copyFile, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleepMs } from "node:timers/promises";
import { networkError, retryDelay } from "../catalog-client.ts";
import { CliError, EXIT, problemCode, problemError } from "../errors.ts";

/** What a download needs to know: where to get how many bytes of what. */
export type Source = { url: string; size: number; sha256: string };

export type DownloadOptions = {
  /** Gives a link that works now; asked again when one has expired. */
  source: () => Promise<Source>;
  /** Where the bytes gather; what an earlier attempt left there is kept. */
  partPath: string;
  onProgress: (bytes: number) => void;
  sleep?: (ms: number) => Promise<unknown>;
};

/** Attempts in a row that bring nothing. */
const FRUITLESS_ATTEMPTS = 5;
/** A line that brings no byte for so long is dead. */
const STALLED_MS = 60_000;

/**
 * Brings the file at `partPath` to its full size, from where an earlier attempt ended: over broken connections and expired
 * links alike. Says nothing about whether the bytes are right. Throws `CliError` when the catalog refuses, or when five
 * attempts in a row bring nothing.
 */
export async function download({ source, partPath, onProgress, sleep = sleepMs }: DownloadOptions): Promise<void> {
  let link = await source();
  let fruitless = 0;
  for (;;) {
    // More than the file has is no part of it.
    if ((await sizeOf(partPath)) > link.size) await truncate(partPath, 0);
    const present = await sizeOf(partPath);
    onProgress(present);
    if (present === link.size) return;
    const failure = await fetchRest(link, partPath, present, onProgress);
    if (failure === null) continue;
    fruitless = (await sizeOf(partPath)) > present ? 0 : fruitless + 1;
    const code = problemCode(failure);
    const expired = code === "LINK_EXPIRED" || code === "LINK_INVALID";
    if (fruitless >= FRUITLESS_ATTEMPTS || !(expired || failure.exitCode === EXIT.unavailable)) throw failure;
    if (!expired) await sleep(retryDelay(fruitless + 1, null));
    link = await source();
  }
}

/** Removes what a download has gathered. */
export const discard = (partPath: string): Promise<void> => rm(partPath, { force: true });

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;

/** Asks for the bytes from `start` on and appends them. Returns why it ended too early, or null. */
async function fetchRest(
  link: Source,
  partPath: string,
  start: number,
  onProgress: (bytes: number) => void,
): Promise<CliError | null> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALLED_MS);
  try {
    const response = await fetch(link.url, {
      signal: stalled.signal,
      // If-Range: should the link lead to other bytes than before, all of them are wanted, not the rest (RFC 9110, 13.1.5).
      headers: start > 0 ? { Range: `bytes=${start}-`, "If-Range": `"${link.sha256}"` } : {},
    });
    if (!response.ok || response.body === null) return problemError(response.status, await response.text());
    const resumed = response.status === 206;
    if (resumed && !response.headers.get("Content-Range")?.startsWith(`bytes ${start}-`)) {
      return new CliError(EXIT.integrity, "The server sent another part of the file than was asked for.");
    }
    let present = resumed ? start : 0;
    const file = await open(partPath, resumed ? "a" : "w", 0o600);
    try {
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(() => stalled.abort(), STALLED_MS);
        await file.writeFile(chunk);
        present += chunk.length;
        onProgress(present);
        if (present > link.size) return new CliError(EXIT.integrity, "The server sent more than the file's size.");
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    // Of the file system's: fetch has those of the network as causes of its own.
    if (error instanceof Error && "syscall" in error) {
      throw new CliError(EXIT.failure, `${partPath} cannot be written: ${error.message}.`, { cause: error });
    }
    return networkError(link.url, error);
  } finally {
    clearTimeout(timer);
  }
}

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
