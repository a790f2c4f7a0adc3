import { unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";
import { tarEnd, tarHeader, tarPadding } from "../../src/lib/tar.ts";

const joined = (...parts: Uint8Array<ArrayBuffer>[]) => new Blob(parts).arrayBuffer();

describe("a tar of our headers", () => {
  it("has the members that another reader finds in it", async () => {
    const body = new Uint8Array(new TextEncoder().encode("hello"));
    const archive = await joined(
      tarHeader({ kind: "folder", name: "usr", mode: 0o755, mtime: 1_790_000_000 }),
      tarHeader({ kind: "file", name: "usr/hello", mode: 0o644, mtime: 1_790_000_000, size: body.length }),
      body,
      tarPadding(body.length),
      tarEnd(),
    );
    expect(archive.byteLength).toBe(512 * 5);
    const found = await unpackTar(archive, { strict: true });
    const mtime = new Date(1_790_000_000_000);
    const root = { uid: 0, gid: 0, uname: "root", gname: "root", mtime };
    expect(found).toMatchObject([
      { header: { ...root, name: "usr/", type: "directory", mode: 0o755, size: 0 } },
      { header: { ...root, name: "usr/hello", type: "file", mode: 0o644, size: 5 }, data: body },
    ]);
  });

  it("states a size of 8 GiB and more in base 256, as GNU tar does", () => {
    const size = (bytes: number) =>
      tarHeader({ kind: "file", name: "big", mode: 0o644, mtime: 0, size: bytes }).slice(124, 136);
    expect(new TextDecoder().decode(size(8 ** 11 - 1))).toBe("77777777777\0");
    expect([...size(8 ** 11)]).toEqual([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  });

  it("refuses a name that a header has no place for", () => {
    const member = { kind: "file", mode: 0o644, mtime: 0, size: 0 } as const;
    expect(() => tarHeader({ ...member, name: "é".repeat(51) })).toThrow(RangeError);
    expect(tarHeader({ ...member, name: "é".repeat(50) })).toHaveLength(512);
  });

  it("needs no padding after a whole number of blocks", () => {
    expect([0, 1, 511, 512, 513].map((size) => tarPadding(size).length)).toEqual([0, 511, 1, 0, 511]);
  });
});
