import { unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";
import { listingDate } from "../../../src/domain/delivery/tier-listing.ts";
import { databaseArchive, packageEntry } from "../../../src/formats/arch/database-archive.ts";
import { findArch, findRepository, parseRepositoryFile } from "../../../src/formats/arch/repository.ts";

describe("a file of a repository", () => {
  const parse = (name: string) => parseRepositoryFile("rbee", "x86_64", name, { signed: false });

  it.each([
    ["rbee.db", false],
    ["rbee.db.tar.gz", false],
    ["rbee.files", true],
    ["rbee.files.tar.gz", true],
  ])("named %s is a database", (name, withFiles) => {
    expect(parse(name)).toEqual({ kind: "database", withFiles, isSignature: false });
  });

  it.each(["", ".sig", ".minisig"])("is a package, with %j behind its name", (suffix) => {
    const name = `llm-worker-rbee-cpu-1.10.0-1.2-x86_64.pkg.tar.zst${suffix}`;
    expect(parse(name)).toEqual({
      kind: "package",
      workerId: "llm-worker-rbee-cpu",
      version: "1.10.0",
      name,
      isFramed: false,
    });
  });

  it.each([
    "rbee.db.sig",
    "rbee.db.tar.gz.sig",
    "rbee-premium.db",
    "rbee.db.tar.xz",
    "w-1.0.0-1-aarch64.pkg.tar.zst",
    "w-1.0.0rc.1-1-x86_64.pkg.tar.zst",
    "w-1.0.0-1-x86_64.pkg.tar.bz2",
    "llm-worker-rbee-cpu-linux-x86_64",
    "",
  ])("never has the name %j", (name) => {
    expect(parse(name)).toBeNull();
  });

  it("is also a signature of a database, or a package of a binary, in a signed repository", () => {
    const signed = (name: string) => parseRepositoryFile("rbee", "x86_64", name, { signed: true });
    expect(signed("rbee.db.sig")).toEqual({ kind: "database", withFiles: false, isSignature: true });
    expect(signed("rbee.files.tar.gz.sig")).toEqual({ kind: "database", withFiles: true, isSignature: true });
    expect(signed("rbee-premium.db.sig")).toBeNull();
    const name = "llm-worker-rbee-cpu-1.10.0-1-x86_64.pkg.tar";
    const framed = { kind: "package", workerId: "llm-worker-rbee-cpu", version: "1.10.0", isFramed: true };
    for (const one of [name, `${name}.sig`]) {
      expect([signed(one), parse(one)]).toEqual([{ ...framed, name: one }, null]);
    }
  });

  it("exists only in known repositories and for known architectures", () => {
    expect([findRepository("rbee-premium"), findRepository("core")]).toEqual(["rbee-premium", null]);
    expect([findArch("aarch64"), findArch("any"), findArch("toString")]).toEqual(["aarch64", null, null]);
  });
});

const ARTIFACT = {
  filename: "w-1.0.0-1-x86_64.pkg.tar.zst",
  size: 1234,
  sha256: "a".repeat(64),
  pgp_signature: "iHUE",
};
const PKGINFO = `pkgname = w
pkgver = 1.0.0-1
pkgdesc = Does work
size = 4096
arch = x86_64
depend = a>=1
depend = b
optdepend = c: for more
`;

/** The entry that repo-add 6.0.2 makes of such a package, without MD5SUM. */
const DESC = `%FILENAME%
w-1.0.0-1-x86_64.pkg.tar.zst

%NAME%
w

%VERSION%
1.0.0-1

%DESC%
Does work

%CSIZE%
1234

%ISIZE%
4096

%SHA256SUM%
${"a".repeat(64)}

%PGPSIG%
iHUE

%ARCH%
x86_64

%DEPENDS%
a>=1
b

%OPTDEPENDS%
c: for more

`;

describe("a database", () => {
  const entry = (name: string) => {
    const made = packageEntry(ARTIFACT, {
      pkginfo: PKGINFO.replace("pkgname = w", `pkgname = ${name}`),
      files: ["usr/b", "usr/", "usr/B", "usr/b"],
    });
    if (!made.ok) throw new Error(made.error);
    return made.value;
  };

  it("describes a package as repo-add does", () => {
    expect(entry("w")).toEqual({ folder: "w-1.0.0-1", desc: DESC, files: "%FILES%\nusr/\nusr/B\nusr/b\n" });
  });

  it("has the packages by name, with their files if wanted, in bytes that depend on nothing else", async () => {
    const unpacked = async (bytes: Uint8Array<ArrayBuffer>) => {
      const tar = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return (await unpackTar(tar)).map(({ header, data }) => [header.name, data && new TextDecoder().decode(data)]);
    };
    const database = await databaseArchive([entry("w"), entry("a")], false);
    expect(await unpacked(database)).toEqual([
      ["a-1.0.0-1/", undefined],
      ["a-1.0.0-1/desc", entry("a").desc],
      ["w-1.0.0-1/", undefined],
      ["w-1.0.0-1/desc", DESC],
    ]);
    expect((await unpacked(await databaseArchive([entry("w")], true))).map(([name]) => name)).toEqual([
      "w-1.0.0-1/",
      "w-1.0.0-1/desc",
      "w-1.0.0-1/files",
    ]);
    expect(await databaseArchive([entry("a"), entry("w")], false)).toEqual(database);
  });

  it("has a date that grows with every change, and once more when the change has propagated", () => {
    const changed = 1_800_000_000;
    const before = listingDate(changed - 1000, changed - 1);
    const whileSettling = listingDate(changed, changed);
    const settled = listingDate(changed, changed + 71);
    expect(before).toBeLessThan(whileSettling);
    expect(listingDate(changed, changed + 70)).toBe(whileSettling);
    expect(whileSettling).toBeLessThan(settled);
    expect(listingDate(changed, changed + 100_000)).toBe(settled);
    expect(listingDate(changed + 1, changed + 1)).toBeGreaterThan(whileSettling);
  });
});
