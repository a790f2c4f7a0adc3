import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestFile } from "../../src/cli/files.ts";
import { checkDownload } from "../../src/cli/hive/check.ts";
import { platformOfFilename, readReleaseFile } from "../../src/cli/publish/release-file.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const release = { workerId: "llm-worker-rbee-premium-cpu", version: "1.2.0" };

async function published() {
  const path = join(await temporaryFolder(), "worker-linux-x86_64");
  await writeFile(path, "the worker");
  const secretKey = await generateMinisignKey();
  const file = await readReleaseFile(path, { ...release, platform: undefined, secretKey });
  if (file.signature === null) throw new Error("a file with a key is signed");
  return { path, file, minisig: file.signature, keys: [secretKey], digest: await digestFile(path) };
}

describe("a downloaded worker", () => {
  it("passes if it equals the published file", async () => {
    const { digest, file, minisig, keys } = await published();
    expect(file).toMatchObject({ platform: "linux-x86_64", size: 10, filename: "worker-linux-x86_64" });
    await expect(checkDownload(digest, { ...release, ...file }, minisig, keys)).resolves.toBeUndefined();
  });

  it("is refused if its bytes, its size or its signature are wrong", async () => {
    const { path, digest, file, minisig, keys } = await published();
    const expected = { ...release, ...file };
    const strange = [await generateMinisignKey()];
    await expect(checkDownload(digest, expected, minisig, strange)).rejects.toThrow("not trusted");
    await expect(checkDownload(digest, expected, "nonsense", keys)).rejects.toThrow("four lines");
    await expect(checkDownload(digest, { ...expected, size: 11 }, minisig, keys)).rejects.toThrow("10 bytes, not 11");
    await writeFile(path, "the wOrker");
    const tampered = await digestFile(path);
    await expect(checkDownload(tampered, expected, minisig, keys)).rejects.toThrow("sha256");
    const forged = { ...expected, sha256: tampered.sha256 };
    await expect(checkDownload(tampered, forged, minisig, keys)).rejects.toThrow("not over this file");
  });

  it("is refused if a genuine signature was made for another version or worker", async () => {
    const { digest, file, minisig, keys } = await published();
    const newer = checkDownload(digest, { ...release, ...file, version: "1.3.0" }, minisig, keys);
    await expect(newer).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringContaining("made for version 1.2.0"),
    });
    const other = checkDownload(
      digest,
      { ...release, ...file, workerId: "llm-worker-rbee-premium-cuda" },
      minisig,
      keys,
    );
    await expect(other).rejects.toThrow("made for worker llm-worker-rbee-premium-cpu");
    const renamed = checkDownload(digest, { ...release, ...file, filename: "worker-linux-aarch64" }, minisig, keys);
    await expect(renamed).rejects.toThrow("made for file worker-linux-x86_64, but this is file worker-linux-aarch64");
  });
});

describe("a file's digest", () => {
  it("is SHA-256 and BLAKE2b-512 of its bytes", async () => {
    const path = join(await temporaryFolder(), "abc");
    await writeFile(path, "abc");
    const { size, sha256, blake2b } = await digestFile(path);
    // FIPS 180-2, appendix B.1, and RFC 7693, appendix A.
    expect([size, sha256]).toEqual([3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]);
    expect(Buffer.from(blake2b).toString("hex")).toMatch(/^ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b7/);
  });
});

describe("the platform of a file name", () => {
  it.each([
    ["llm-worker-rbee-premium-cuda-linux-x86_64", "linux-x86_64"],
    ["worker-1.4.0-macos-aarch64.tar.zst", "macos-aarch64"],
    ["worker-windows-x86_64.exe", "windows-x86_64"],
    ["worker-1.4.0-windows-aarch64.exe", null],
    ["worker-linux-x86_64-debug", null],
    ["worker", null],
    ["worker-1.4.0-1-aarch64.pkg.tar.zst", "linux-aarch64"],
    ["worker-1.4.0-1-any.pkg.tar.zst", null],
  ])("of %s is %s", (filename, platform) => {
    expect(platformOfFilename(filename)).toBe(platform);
  });
});
