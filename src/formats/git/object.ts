import { sha1 } from "@noble/hashes/legacy.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeHex } from "../../lib/encoding.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type Pack, packObjects } from "./pack.ts";

export type GitObjectType = "commit" | "tree" | "blob";

/** An object of a git repository. `id` is its SHA-1 in hexadecimal. */
export type GitObject = { type: GitObjectType; id: string; body: Uint8Array };

/** The text of every file by its path: ASCII, `/` separates folders, and no path is both file and folder. */
export type Files = Readonly<Record<string, string>>;

/** The author and committer of every commit. */
const IDENTITY = "rbee worker catalog <catalog@rbee.dev>";

/** The object of a content (Pro Git, "Git Internals - Git Objects"). */
function gitObject(type: GitObjectType, body: Uint8Array): GitObject {
  return { type, id: encodeHex(sha1(concatBytes(utf8ToBytes(`${type} ${body.length}\0`), body))), body };
}

/** The tree of `files`, none of them executable, and every object below it. */
export function treeOf(files: Files): { tree: GitObject; below: GitObject[] } {
  const entries: { name: string; mode: "100644" | "40000"; id: string }[] = [];
  const below: GitObject[] = [];
  const byName = Map.groupBy(Object.entries(files), ([path]) => path.replace(/\/.*/, ""));
  for (const [name, inside] of byName) {
    const [path, text] = inside[0] ?? [name, ""];
    if (path === name) {
      const blob = gitObject("blob", utf8ToBytes(text));
      below.push(blob);
      entries.push({ name, mode: "100644", id: blob.id });
    } else {
      const folder = treeOf(Object.fromEntries(inside.map(([path, text]) => [path.slice(name.length + 1), text])));
      below.push(...folder.below, folder.tree);
      entries.push({ name, mode: "40000", id: folder.tree.id });
    }
  }
  // Git sorts a folder as if its name ended in a slash (git fsck, "treeNotSorted").
  const place = ({ name, mode }: (typeof entries)[number]) => (mode === "40000" ? `${name}/` : name);
  const body = entries
    .sort((a, b) => (place(a) < place(b) ? -1 : 1))
    .flatMap(({ name, mode, id }) => [utf8ToBytes(`${mode} ${name}\0`), hexToBytes(id)]);
  return { tree: gitObject("tree", concatBytes(...body)), below };
}

/** The catalog's commit of `tree` with `parent` (ids; null: none) at `at`. The message is one line. */
function commitOf(tree: string, parent: string | null, at: UnixSeconds, message: string): GitObject {
  const made = `${IDENTITY} ${at} +0000`;
  const lines = [
    `tree ${tree}`,
    ...(parent === null ? [] : [`parent ${parent}`]),
    `author ${made}`,
    `committer ${made}`,
    "",
    message,
    "",
  ];
  return gitObject("commit", utf8ToBytes(lines.join("\n")));
}

/** The files of a repository from `at` on, and the reason for the change in one line. */
export type Revision = { at: UnixSeconds; message: string; files: Files };

/** The ids of the commits of a history, oldest first, as `packHistory` makes them. */
export function commitsOf(history: readonly Revision[]): string[] {
  const ids: string[] = [];
  for (const { at, message, files } of history) {
    ids.push(commitOf(treeOf(files).tree.id, ids.at(-1) ?? null, at, message).id);
  }
  return ids;
}

/** A history for git: the last commit's id (null if it is empty) and one pack of all objects. */
export type PackedHistory = Pack & { head: string | null };

/**
 * Turns a history, oldest first, into a line of commits. The same history gives the same ids, and a continued history
 * continues the commits, so every clone can fast-forward.
 */
export async function packHistory(history: readonly Revision[]): Promise<PackedHistory> {
  const objects = new Map<string, GitObject>();
  let head: string | null = null;
  for (const { at, message, files } of history) {
    const { tree, below } = treeOf(files);
    const commit = commitOf(tree.id, head, at, message);
    for (const object of [...below, tree, commit]) objects.set(object.id, object);
    head = commit.id;
  }
  return { ...(await packObjects([...objects.values()])), head };
}
