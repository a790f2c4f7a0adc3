import { packTar } from "modern-tar";
import type { RepositoryRecord } from "../git/record.ts";

/** Gzips a text or bytes. A static import would make every isolate evaluate node:zlib at its start. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const { gzipSync } = await import("node:zlib");
  return gzipSync(content);
}

/** A package's files as cgit offers them: a gzipped tar of one folder. Equal content gives equal bytes. */
export async function snapshotOf(name: string, { files, last_at }: RepositoryRecord): Promise<Uint8Array> {
  const common = { mtime: new Date(last_at * 1000), uid: 0, gid: 0, uname: "root", gname: "root" };
  const entries = Object.entries(files).map(([path, text]) => {
    const body = new TextEncoder().encode(text);
    return {
      header: { ...common, name: `${name}/${path}`, type: "file" as const, size: body.length, mode: 0o644 },
      body,
    };
  });
  const folder = { header: { ...common, name: `${name}/`, type: "directory" as const, size: 0, mode: 0o755 } };
  return gzip(await packTar([folder, ...entries]));
}
