import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { createTarPacker, type TarHeader, type TarPackController } from "modern-tar";
import { ARCHIVE_FOLDER } from "../../../domain/releases/source/archive.ts";
import { readBlobs } from "./git.ts";
import type { MadeFile, Part } from "./parts.ts";

/** The contents of a source archive: what commits have, and other files, which replace those of the same path. */
export type ArchiveContents = { parts: readonly Part[]; made: readonly MadeFile[]; time: number };

const MODES: Readonly<Record<string, Partial<TarHeader>>> = {
  "100644": { type: "file", mode: 0o644 },
  "100755": { type: "file", mode: 0o755 },
  "120000": { type: "symlink", mode: 0o777 },
};

/**
 * Writes a source archive to `path`: a gzipped tar of one folder. The tar depends on the contents alone: its entries
 * are in the order of `parts` and of their paths, belong to root and have the time `time`. Throws the errors of git and
 * of the file system.
 */
export async function writeArchive(path: string, contents: ArchiveContents): Promise<void> {
  const { readable, controller } = createTarPacker();
  const packing = pack(controller, contents).then(
    () => controller.finalize(),
    (error: unknown) => controller.error(error),
  );
  await pipeline(readable, createGzip({ level: 9 }), createWriteStream(path, { mode: 0o600 }));
  await packing;
}

async function pack(controller: TarPackController, { parts, made, time }: ArchiveContents): Promise<void> {
  const replaced = new Set(made.map((file) => file.path));
  const common = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: new Date(time * 1000) };
  const add = async (header: Partial<TarHeader> & { name: string; size: number }, body: Buffer | null) => {
    const writer = controller.add({ ...common, ...header, name: `${ARCHIVE_FOLDER}/${header.name}` }).getWriter();
    if (body && body.length > 0) await writer.write(body);
    await writer.close();
  };
  for (const { folder, commit, entries } of parts) {
    const named = entries.map((entry) => ({ ...entry, name: folder === "" ? entry.path : `${folder}/${entry.path}` }));
    const files = named.filter(({ mode, name }) => MODES[mode] && !replaced.has(name));
    const ids = files.map(({ id }) => id);
    let at = 0;
    for await (const body of readBlobs(commit.repository, ids)) {
      const { mode = "", name = "" } = files[at++] ?? {};
      const isLink = MODES[mode]?.type === "symlink";
      const linkname = isLink ? { linkname: body.toString("utf8") } : {};
      await add({ ...MODES[mode], ...linkname, name, size: isLink ? 0 : body.length }, isLink ? null : body);
    }
  }
  for (const { path: name, text } of made) {
    const body = Buffer.from(text);
    await add({ type: "file", mode: 0o644, name, size: body.length }, body);
  }
}
