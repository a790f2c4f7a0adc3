import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { packTar } from "modern-tar";
import { beforeEach, describe, expect, it } from "vitest";
import { samplePackage } from "../../scripts/development/sample-package.ts";
import { readPackage } from "../../src/cli/publish/package-file.ts";
import { readPgpSignature, readReleaseFile } from "../../src/cli/publish/release-file.ts";
import { PACMAN_RULES } from "../../src/formats/arch/rules.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const file = (name: string, body: string) => ({ header: { name, size: body.length }, body });
const directory = (name: string) => ({ header: { name, size: 0, type: "directory" as const } });
const tar = () =>
  packTar([
    file(".PKGINFO", "pkgname = w\n"),
    file(".MTREE", "whatever"),
    directory("usr"),
    directory("usr/bin/"),
    file("usr/bin/w", "x".repeat(100_000)),
    { header: { name: "usr/bin/link", size: 0, type: "symlink" as const, linkname: "w" } },
  ]);
const CONTENTS = { pkginfo: "pkgname = w\n", files: ["usr/", "usr/bin/", "usr/bin/w", "usr/bin/link"] };

describe("a package", () => {
  it("can be compressed with gzip or zstd", async () => {
    expect(await readPackage(await written("w.pkg.tar.gz", gzipSync(await tar())), PACMAN_RULES)).toEqual(CONTENTS);
    expect(await readPackage(await written("w.pkg.tar.zst", zstdCompressSync(await tar())), PACMAN_RULES)).toEqual(
      CONTENTS,
    );
  });

  it("is refused if it is truncated, is not a package, or has no .PKGINFO", async () => {
    const whole = zstdCompressSync(await tar());
    for (const [name, bytes] of [
      ["cut.pkg.tar.zst", whole.subarray(0, -20)],
      ["cut.pkg.tar.gz", gzipSync(await tar()).subarray(0, -20)],
      ["half.pkg.tar.gz", gzipSync((await tar()).subarray(0, 50_000))],
      ["text.pkg.tar.zst", Buffer.from("no package")],
      ["text.pkg.tar.xz", Buffer.from("no package")],
      ["mute.pkg.tar.gz", gzipSync(await packTar([file("usr/bin/w", "x")]))],
    ] as const) {
      await expect(readPackage(await written(name, bytes), PACMAN_RULES), name).rejects.toThrow(
        `${name} cannot be read as a package`,
      );
    }
  });

  it("goes into a release with its contents, its platform and the signature beside it", async () => {
    const sample = { id: "llm-worker-rbee-cpu", version: "1.0.0-rc.1" };
    const { filename, bytes } = await samplePackage(sample, Buffer.from("program"));
    expect(filename).toBe("llm-worker-rbee-cpu-1.0.0rc.1-1-x86_64.pkg.tar.zst");
    expect((await samplePackage(sample, Buffer.from("program"))).bytes).toEqual(bytes);
    const path = await written(filename, bytes);
    const release = {
      workerId: sample.id,
      version: sample.version,
      platform: undefined,
      secretKey: null,
    };
    expect(await readReleaseFile(path, release)).toMatchObject({
      kind: "package",
      platform: "linux-x86_64",
      pgpSignature: null,
      package: { files: ["usr/", "usr/local/", "usr/local/bin/", "usr/local/bin/llm-worker-rbee-cpu"] },
    });
    await written(`${filename}.sig`, Buffer.from([0x88, 0x75, 0x04]));
    expect(await readReleaseFile(path, release)).toMatchObject({ pgpSignature: "iHUE" });
  });

  it("needs a binary OpenPGP signature", async () => {
    const armored = await written("a.sig", Buffer.from("-----BEGIN PGP SIGNATURE-----\n"));
    await expect(readPgpSignature(armored)).rejects.toThrow("without --armor");
    await expect(readPgpSignature(join(folder, "none.sig"))).rejects.toThrow("cannot be read");
  });
});
