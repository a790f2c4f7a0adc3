import { packTar } from "modern-tar";
import type { PackageEntry } from "./package.ts";

/**
 * A pacman database: a gzipped tar with a folder for each package, its `desc` in it, and with `withFiles` its `files`. The same
 * packages make the same bytes, in whatever order they come.
 */
export async function databaseArchive(
  entries: readonly PackageEntry[],
  withFiles: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const sorted = entries.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
  const tar = await packTar(
    sorted.flatMap(({ folder, desc, files }) => [
      { header: { ...COMMON, name: `${folder}/`, type: "directory" as const, size: 0, mode: 0o755 } },
      file(`${folder}/desc`, desc),
      ...(withFiles ? [file(`${folder}/files`, files)] : []),
    ]),
  );
  const gzipped = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(gzipped).arrayBuffer());
}

/** What would make equal content differ. */
const COMMON = { mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };

function file(name: string, text: string) {
  const body = new TextEncoder().encode(text);
  return { header: { ...COMMON, name, type: "file" as const, size: body.length, mode: 0o644 }, body };
}
