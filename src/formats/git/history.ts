import type { UnixSeconds } from "../../lib/time.ts";
import { commitOf, type Files, type GitObject, treeOf } from "./object.ts";
import { type Pack, packObjects } from "./pack.ts";

/** What a repository held from a moment on, and what had happened then, in one line. */
export type Revision = { at: UnixSeconds; message: string; files: Files };

/** A whole history as git wants it: the last commit's id (null where there is none) and one pack of everything. */
export type PackedHistory = Pack & { head: string | null };

/**
 * Turns a history, oldest first, into one line of commits. The same history gives the same ids, and one
 * that goes on from it gives commits that go on from its own: so every clone can fast-forward.
 */
export function packHistory(history: readonly Revision[]): PackedHistory {
  const objects = new Map<string, GitObject>();
  let head: string | null = null;
  for (const { at, message, files } of history) {
    const { tree, below } = treeOf(files);
    const commit = commitOf(tree.id, head, at, message);
    for (const object of [...below, tree, commit]) objects.set(object.id, object);
    head = commit.id;
  }
  return { ...packObjects([...objects.values()]), head };
}
