import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { COMMIT_ID } from "../../../domain/releases/source/statement.ts";
import { printable } from "../../../lib/printable.ts";
import { CliError, EXIT } from "../../errors.ts";

/** The time that one fetch may take, in milliseconds. CUTLASS alone has 60 MB. */
const FETCH_TIMEOUT_MS = 15 * 60_000;

const MAX_OUTPUT = 256 * 1024 * 1024;

/** A commit, and the folder of a repository on this disk that has its objects. */
export type Commit = { repository: string; id: string };

/** A file, link or submodule in a commit's tree. */
export type TreeEntry = { mode: string; id: string; path: string };

/**
 * Runs git on a repository of this disk, without a question for a password, and returns its output. Throws `CliError`
 * with git's reason.
 */
async function git(repository: string, args: readonly string[], timeout = 0): Promise<string> {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", LC_ALL: "C" };
  try {
    const run = promisify(execFile)("git", ["-C", repository, ...args], { env, timeout, maxBuffer: MAX_OUTPUT });
    return (await run).stdout;
  } catch (error) {
    const said = z.object({ code: z.unknown().optional(), stderr: z.string().optional() }).safeParse(error).data;
    if (said?.code === "ENOENT")
      throw new CliError(EXIT.failure, "git is not installed, and a source archive needs it.");
    const reason = printable(said?.stderr?.trim() ?? "") || "it did not end in time";
    throw new CliError(EXIT.failure, `git ${args[0]} failed: ${reason}`, { cause: error });
  }
}

/**
 * The commit of a tag in `source`: a folder with a checkout, which is read as it is, or an https address, which is
 * fetched into `work`. Throws `CliError` for another text, and if it has no such tag.
 */
export async function commitOfSource(source: string, tag: string, work: string): Promise<Commit> {
  const name = `refs/tags/${tag}`;
  if ((await stat(source).catch(() => null))?.isDirectory()) {
    const id = (await git(source, ["rev-parse", "--verify", "--end-of-options", `${name}^{commit}`])).trim();
    return { repository: source, id };
  }
  if (!/^https:\/\/[^\s]+$/.test(source)) {
    throw new CliError(EXIT.usage, `--source takes the folder of a git checkout, or an https address: ${source}`);
  }
  return fetchCommit(source, name, join(work, "source.git"));
}

/** Fetches a commit, by its id or the name of a reference, into a new repository in `folder`. Throws `CliError`. */
async function fetchCommit(address: string, name: string, folder: string): Promise<Commit> {
  await promisify(execFile)("git", ["init", "-q", "--bare", folder]);
  await git(folder, ["fetch", "-q", "--depth", "1", "--no-tags", "--", address, name], FETCH_TIMEOUT_MS);
  return { repository: folder, id: (await git(folder, ["rev-parse", "--verify", "FETCH_HEAD^{commit}"])).trim() };
}

/** The files, links and submodules below the folders `paths` of a commit (none: of all), sorted by path. */
export async function listTree({ repository, id }: Commit, paths: readonly string[] = []): Promise<TreeEntry[]> {
  const text = await git(repository, ["ls-tree", "-r", "-z", "--full-tree", id, "--", ...paths]);
  const entries = text.split("\0").filter((line) => line !== "");
  return entries.map((line) => {
    const [, mode = "", object = "", path = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (path.split("/").some((part) => ["", ".", "..", ".git"].includes(part))) {
      throw new CliError(EXIT.integrity, `The commit ${id} has a file with an unsafe name: ${printable(path)}`);
    }
    return { mode, id: object, path };
  });
}

/** The time of a commit in seconds. */
export const timeOf = async ({ repository, id }: Commit): Promise<number> =>
  Number(await git(repository, ["show", "-s", "--format=%ct", id]));

/**
 * The commit of the submodule at `entry.path` of a commit. It is read from the folder of that checkout if it has the
 * commit, else fetched by https into `work`, also if its address is for SSH, which needs a key. Throws `CliError`.
 */
export async function commitOfSubmodule(parent: Commit, entry: TreeEntry, work: string): Promise<Commit> {
  if (!COMMIT_ID.test(entry.id)) throw new CliError(EXIT.integrity, `${entry.path} is not a submodule.`);
  const checkedOut = { repository: join(parent.repository, entry.path), id: entry.id };
  const isThere = git(checkedOut.repository, ["cat-file", "-e", `${entry.id}^{commit}`]);
  if (await isThere.then(Boolean, () => false)) return checkedOut;
  const address = addressByHttps(await addressOf(parent, entry.path), entry.path);
  const found = await fetchCommit(address, entry.id, join(work, `${entry.path.replaceAll("/", "-")}.git`));
  if (found.id !== entry.id) throw new CliError(EXIT.integrity, `${address} sent another commit than ${entry.id}.`);
  return found;
}

/** The address of a submodule in `.gitmodules`. */
async function addressOf({ repository, id }: Commit, path: string): Promise<string> {
  const keys = "^submodule\\..*\\.(path|url)$";
  const text = await git(repository, ["config", "--blob", `${id}:.gitmodules`, "-z", "--get-regexp", keys]);
  const values = new Map(
    text.split("\0").map((line) => [line.slice(0, line.indexOf("\n")), line.slice(line.indexOf("\n") + 1)]),
  );
  const [key] = [...values].find(([name, value]) => name.endsWith(".path") && value === path) ?? [];
  const address = key === undefined ? undefined : values.get(key.replace(/path$/, "url"));
  if (address !== undefined) return address;
  throw new CliError(EXIT.failure, `The commit ${id} names no address for its submodule ${path}.`);
}

function addressByHttps(address: string, path: string): string {
  const https = address.replace(/^(?:ssh:\/\/git@github\.com\/|git@github\.com:)/, "https://github.com/");
  if (/^https:\/\/[^\s]+$/.test(https)) return https;
  throw new CliError(EXIT.failure, `The submodule ${path} is at ${printable(address)}. Only https is fetched.`);
}

/** The contents of files, in the order of their ids. Throws `CliError` if one is missing. */
export async function* readBlobs(repository: string, ids: readonly string[]): AsyncGenerator<Buffer> {
  const run = spawn("git", ["-C", repository, "cat-file", "--batch"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(run, "close");
  run.stdin.end(ids.map((id) => `${id}\n`).join(""));
  const output = new Output(run.stdout);
  for (const id of ids) {
    const [, type, size] = (await output.line()).split(" ");
    if (type !== "blob") throw new CliError(EXIT.failure, `${repository} does not have the file ${id}.`);
    yield await output.take(Number(size));
    await output.take(1);
  }
  await ended;
}

/** Reads the output of a program by lines and by lengths. Throws `CliError` at its end. */
class Output {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer[] = [];
  #size = 0;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    while (!this.#held.some((chunk) => chunk.includes(10))) await this.#read();
    const length = Buffer.concat(this.#held).indexOf(10);
    const text = (await this.take(length)).toString("latin1");
    await this.take(1);
    return text;
  }

  async take(length: number): Promise<Buffer> {
    while (this.#size < length) await this.#read();
    const joined = Buffer.concat(this.#held);
    this.#held = [joined.subarray(length)];
    this.#size -= length;
    return joined.subarray(0, length);
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new CliError(EXIT.failure, "git ended before it had sent every file.");
    this.#held.push(value);
    this.#size += value.length;
  }
}
