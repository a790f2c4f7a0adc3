import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sourceArchiveName } from "../../../domain/releases/source/archive.ts";
import { idOfName } from "../../../domain/workers/families.ts";
import { CliError, EXIT } from "../../errors.ts";
import { makeFolder, xdgFolder } from "../../files.ts";
import { type Commit, commitOfSource, timeOf } from "./git.ts";
import { LOCKFILE, makeLockfile, readLockfile } from "./lockfile.ts";
import { type MadeFile, type Part, partsOf } from "./parts.ts";
import { type ArchiveContents, writeArchive } from "./write.ts";

/** The source archive that a publisher asks for. */
export type WantedArchive = {
  workerId: string;
  version: string;
  /** The folder of a git checkout, or the https address of a repository. */
  source: string;
  tag: string;
  /** The commit that the release key signs for the tag, if it signs one in this run. */
  commit: string | undefined;
  /** The path of a Cargo.lock; undefined: that of the commit, else a new one. */
  lockfile: string | undefined;
};

/** The list of the commits in the archive, for people. */
const LIST = "SOURCE-ARCHIVE.txt";

/**
 * Makes the source archive of a release in the user's cache, and returns its path: the tag's commit, the submodules
 * that cargo reads, and a Cargo.lock. The same commit and lock file give the same bytes with the same Node. An archive
 * of an interrupted run is used again unless a lock file is named, because a new lock file would make it another one.
 * Throws `CliError`, also if the tag of `source` is another commit than the signed one.
 */
export async function makeSourceArchive(
  { workerId: named, version, source, tag, commit, lockfile }: WantedArchive,
  env: NodeJS.ProcessEnv,
  note: (text: string) => void,
): Promise<string> {
  const workerId = idOfName(named);
  const lock = lockfile === undefined ? null : await readLockfile(lockfile);
  const work = await mkdtemp(join(tmpdir(), "rbee-source-"));
  try {
    const root = await commitOfSource(source, tag, work);
    if (commit !== undefined && commit !== root.id) {
      throw new CliError(EXIT.integrity, `${source} has commit ${root.id} as ${tag}, but commit ${commit} is signed.`);
    }
    const folder = join(xdgFolder(env["XDG_CACHE_HOME"], ".cache"), "sources", root.id);
    const path = join(folder, sourceArchiveName(workerId, version));
    if (lock === null && (await stat(path).catch(() => null))?.isFile()) {
      note(`Using the archive of an earlier run: ${path}`);
      return path;
    }
    note(`Making the source archive of ${workerId} ${version} from commit ${root.id}`);
    const needsRocm = workerId.endsWith("-rocm");
    const { parts, made } = await partsOf(root, { needsRocm, work, note });
    const listed = [...made, { path: LIST, text: listOf(root, tag, parts, made) }];
    const contents = await locked({ parts, made: listed, time: await timeOf(root) }, lock, work);
    await makeFolder(folder, 0o700);
    await writeArchive(`${path}.part`, contents);
    await rename(`${path}.part`, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The contents with a lock file: the given one (null: none), else that of the commit, else a new one. */
async function locked(contents: ArchiveContents, given: string | null, work: string): Promise<ArchiveContents> {
  const [root] = contents.parts;
  const isInCommit = root?.entries.some(({ path }) => path === LOCKFILE) ?? false;
  if (given === null && isInCommit) return contents;
  const text = given ?? (await makeLockfile(contents, work));
  return { ...contents, made: [...contents.made, { path: LOCKFILE, text }] };
}

function listOf(root: Commit, tag: string, parts: readonly Part[], made: readonly MadeFile[]): string {
  const submodules = parts.filter(({ folder }) => folder !== "");
  return [
    `tag: ${tag}`,
    `commit: ${root.id}`,
    ...submodules.map(({ folder, commit }) => `${folder}: ${commit.id}`),
    ...(made.length > 0 ? ["deps/rocm-rs: empty, so ROCm cannot be built"] : []),
    "",
  ].join("\n");
}
