import { randomBytes } from "node:crypto";
import { constants, copyFile, type FileHandle, open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { get as getByHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { get as getByHttps } from "node:https";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleepMs } from "node:timers/promises";
import { networkError, retryDelay } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError, problemCode } from "../errors.ts";
import { type FileDigest, isFileError, RunningDigest } from "../files.ts";
import { problemError } from "../problem.ts";

/** The link to a file, and the size and hash that the file must have. */
export type Source = { url: string; size: number; sha256: string };

export type DownloadOptions = {
  /** Returns a fresh link. Called again if a link has expired. */
  source: () => Promise<Source>;
  /** The file for the bytes. Bytes of an earlier attempt are kept. */
  partPath: string;
  onProgress: (bytes: number) => void;
  sleep?: (ms: number) => Promise<unknown>;
};

/** Attempts in a row without a new byte. */
const FRUITLESS_ATTEMPTS = 5;
/** A connection without a byte for this long counts as broken. */
const STALLED_MS = 60_000;

/**
 * Downloads the rest of the file at `partPath`. Resumes after broken connections and expired links. Returns the digest
 * of the whole file, for the caller to check: bytes are hashed while they are written, because hashing afterwards takes
 * a third of the time of a fast download. Throws `CliError` if the catalog refuses, or after five attempts in a row
 * without a new byte.
 */
export async function download({
  source,
  partPath,
  onProgress,
  sleep = sleepMs,
}: DownloadOptions): Promise<FileDigest> {
  let link = await source();
  let fruitless = 0;
  let most = 0;
  const part: Part = { path: partPath, digest: new RunningDigest() };
  for (;;) {
    // A part that is larger than the file is not a part of it.
    if ((await sizeOf(partPath)) > link.size) await truncate(partPath, 0);
    const present = await sizeOf(partPath);
    onProgress(present);
    // The part of an earlier run has not been hashed yet.
    if (part.digest.size !== present) {
      part.digest = new RunningDigest();
      if (present > 0) await part.digest.updateFrom(partPath);
    }
    if (present === link.size) return part.digest.finish();
    most = Math.max(most, present);
    const failure = await fetchRest(link, part, onProgress);
    if (failure === null) continue;
    // Compared with the most ever: behind a proxy that strips Range, every attempt has the first bytes again.
    fruitless = (await sizeOf(partPath)) > most ? 0 : fruitless + 1;
    const expired = hasLinkEnded(failure);
    if (fruitless >= FRUITLESS_ATTEMPTS || !(expired || failure.exitCode === EXIT.unavailable)) throw failure;
    if (!expired) await sleep(retryDelay(fruitless + 1, null));
    link = await source();
  }
}

/** Whether a new link may help. R2 answers 403 without a code of the catalog to its own links after their minute. */
function hasLinkEnded(failure: CliError): boolean {
  const code = problemCode(failure);
  const isByR2 = code === null && failure instanceof ProblemError && failure.status === 403;
  return isByR2 || code === "LINK_EXPIRED" || code === "LINK_INVALID";
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;

/** The bytes that are there: their file, and their hash. */
type Part = { path: string; digest: RunningDigest };

/** The number of bytes that may wait to be written. */
const MOST_WAITING = 8 * 1024 ** 2;

/**
 * Appends chunks to a file while further ones are received and hashed. Chunks that arrive during a write are written
 * together, because a write for each small chunk takes longer than to receive it.
 */
class Writer {
  readonly #file: FileHandle;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes a chunk, and waits only while too much waits to be written. Throws the error of an earlier write. */
  async add(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    this.#writing ??= this.#drain();
    if (this.#bytes > MOST_WAITING) await this.#writing;
  }

  /** Waits until all is written. Throws the error of a write. */
  async finish(): Promise<void> {
    await this.#writing;
    if (this.#failure !== null) throw this.#failure;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const chunks = this.#waiting;
        this.#waiting = [];
        this.#bytes = 0;
        await this.#file.writeFile(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#writing = null;
  }
}

/**
 * Requests a URL. By node:http, because `fetch` takes three times as long for the bytes of a fast download. A link
 * leads to no redirect.
 */
function request(url: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith("https:") ? getByHttps : getByHttp;
    get(url, options, resolve).on("error", reject);
  });
}

/** Requests the bytes after the part and appends them. Returns the failure that ended the response early, or null. */
async function fetchRest(link: Source, part: Part, onProgress: (bytes: number) => void): Promise<CliError | null> {
  const start = part.digest.size;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), STALLED_MS);
  try {
    const response = await request(link.url, {
      signal: stalled.signal,
      // Without If-Range: R2's ETag is not the sum, so a link to R2 would send all bytes again. The sum decides.
      headers: start > 0 ? { Range: `bytes=${start}-` } : {},
    });
    const { statusCode = 0, headers } = response;
    if (statusCode !== 200 && statusCode !== 206) return problemError(statusCode, await text(response));
    const resumed = statusCode === 206;
    if (resumed && !headers["content-range"]?.startsWith(`bytes ${start}-`)) {
      response.destroy();
      return new CliError(EXIT.integrity, "The server sent another part of the file than the requested one.");
    }
    if (!resumed) part.digest = new RunningDigest();
    const file = await open(part.path, resumed ? "a" : "w", 0o600);
    const writer = new Writer(file);
    try {
      for await (const chunk of response) {
        if (!(chunk instanceof Uint8Array)) throw new TypeError("a response is read as bytes");
        timer.refresh();
        await writer.add(chunk);
        part.digest.update(chunk);
        const { size } = part.digest;
        onProgress(size);
        if (size > link.size) return new CliError(EXIT.integrity, "The server sent more than the file's size.");
      }
      await writer.finish();
      await file.sync();
    } finally {
      // What has been received is kept, however the response ended.
      await writer.finish().catch(() => {});
      await file.close();
    }
    return null;
  } catch (error) {
    // Only errors of the file system have a syscall here: fetch wraps those of the network as a cause.
    if (error instanceof Error && "syscall" in error) {
      throw new CliError(EXIT.failure, `${part.path} cannot be written: ${error.message}.`, { cause: error });
    }
    return networkError(link.url, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The suffix of a part: the sha256 of the whole file, the process number of its writer, and a random string. */
const PART = /^-([0-9a-f]{64})\.(\d+)\.[^.]+\.part$/;

/**
 * Returns the path of this run's own part for `target`; `sha256` (hex) is that of the whole file. No two runs share a
 * part. The names agree with the install script's, so each resumes the other's parts. Parts of ended runs are deleted.
 * The largest part of the same file is copied first, because a run in another container may still write to it; on a
 * full disk it is renamed. Throws the errors of the file system.
 */
export async function takePartFile(target: string, sha256: string): Promise<string> {
  const part = `${target}-${sha256}.${process.pid}.${randomBytes(6).toString("hex")}.part`;
  const [folder, name] = [dirname(target), basename(target)];
  let largest: { path: string; size: number } | null = null;
  for (const entry of await readdir(folder)) {
    const [, sum, pid] = (entry.startsWith(name) && PART.exec(entry.slice(name.length))) || [];
    if (sum === undefined || isRunning(Number(pid))) continue;
    const path = join(folder, entry);
    const size = await sizeOf(path);
    const isLargest = sum === sha256 && size > (largest?.size ?? 0);
    // The others go first, because the copy needs room.
    const useless = isLargest ? largest?.path : path;
    if (useless !== undefined) await rm(useless, { force: true });
    if (isLargest) largest = { path, size };
  }
  if (largest === null) return part;
  const { path } = largest;
  await copyFile(path, part, constants.COPYFILE_FICLONE).then(
    () => rm(path, { force: true }),
    // Another run may have taken it over meanwhile. Then the download starts over.
    () => rename(path, part).catch(() => {}),
  );
  return part;
}

/** Whether a process other than this one has the number `pid`. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process runs, as another user.
    return isFileError(error, "EPERM");
  }
}
