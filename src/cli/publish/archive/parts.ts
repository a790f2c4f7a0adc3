import { CliError } from "../../errors.ts";
import { type Commit, commitOfSubmodule, listTree, type TreeEntry } from "./git.ts";

/** A part of a source archive: entries of a commit below a folder of the archive. */
export type Part = { folder: string; commit: Commit; entries: readonly TreeEntry[] };

/** A file that no commit has. */
export type MadeFile = { path: string; text: string };

const SUBMODULE = "160000";

/**
 * The submodules that cargo reads, as the free recipes fetch them. Candle's other submodules are not needed, and one of
 * them has no address. `only`: the folders and files that a build includes.
 */
const CANDLE = "deps/candle";
const CUTLASS = { path: "candle-flash-attn/cutlass", only: ["include", "LICENSE.txt"] };
const ROCM = "deps/rocm-rs";

/** In place of rocm-rs: cargo reads its manifest for every backend, but compiles it for ROCm only. */
const EMPTY_CRATE: readonly MadeFile[] = [
  { path: `${ROCM}/Cargo.toml`, text: '[package]\nname = "rocm-rs"\nversion = "0.0.0"\nedition = "2021"\n' },
  { path: `${ROCM}/src/lib.rs`, text: "" },
];

/**
 * The parts of the source archive of a commit: its own tree, and those of the submodules that cargo reads. A submodule
 * that the commit does not have is left out. `needsRocm`: without rocm-rs there is no archive. Else an empty crate
 * takes its place, and `note` says so. Throws `CliError`.
 */
export async function partsOf(
  root: Commit,
  { needsRocm, work, note }: { needsRocm: boolean; work: string; note: (text: string) => void },
): Promise<{ parts: Part[]; made: readonly MadeFile[] }> {
  const tree = await listTree(root);
  const parts: Part[] = [{ folder: "", commit: root, entries: tree }];
  const candle = tree.find(({ mode, path }) => mode === SUBMODULE && path === CANDLE);
  if (candle) {
    const commit = await commitOfSubmodule(root, candle, work);
    const entries = await listTree(commit);
    parts.push({ folder: CANDLE, commit, entries });
    const cutlass = entries.find(({ mode, path }) => mode === SUBMODULE && path === CUTLASS.path);
    if (cutlass) {
      const pinned = await commitOfSubmodule(commit, cutlass, work);
      parts.push({
        ...{ folder: `${CANDLE}/${CUTLASS.path}`, commit: pinned, entries: await listTree(pinned, CUTLASS.only) },
      });
    }
  }
  const rocm = tree.find(({ mode, path }) => mode === SUBMODULE && path === ROCM);
  if (!rocm) return { parts, made: [] };
  try {
    const commit = await commitOfSubmodule(root, rocm, work);
    parts.push({ folder: ROCM, commit, entries: await listTree(commit) });
    return { parts, made: [] };
  } catch (error) {
    if (needsRocm || !(error instanceof CliError)) throw error;
    note(`${ROCM} cannot be fetched, so an empty crate takes its place in the archive. ${error.message}`);
    return { parts, made: EMPTY_CRATE };
  }
}
