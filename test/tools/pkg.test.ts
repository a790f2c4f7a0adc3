import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { FramedFacts } from "../../src/domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../src/domain/releases/framing/signer.ts";
import { databaseArchive, packageEntry } from "../../src/formats/arch/database-archive.ts";
import { framedIndex } from "../../src/formats/arch/framed-index.ts";
import { pkgMaker } from "../../src/formats/arch/package.ts";
import { decodeBase64, encodeUtf8 } from "../../src/lib/encoding.ts";
import { armorCertificates, showFingerprint } from "../../src/lib/openpgp/public-key.ts";
import {
  generateOpenPgpKey,
  type OpenPgpSigningKey,
  SIGNATURE_TYPE,
  signaturePacket,
  signingKey,
} from "../../src/lib/openpgp/signature.ts";
import { framedFacts, writeFramed } from "../support/node/framed-file.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { newArchMachine, newPackager, type Packager } from "../support/node/pacman.ts";

/** Packages of the maker, as the real pacman, repo-add and libarchive take them. */
const tools = installed("pacman", "repo-add", "bsdtar", "fakeroot", "gpg", "zstd");

const ID = "llm-worker-rbee-cpu";
const MAKER = pkgMaker(() => ["gcc-libs", "openssl"]);
const PROGRAM = encodeUtf8(`#!/bin/sh\necho ${ID} 1.2.0\n`);
const FACTS = framedFacts(PROGRAM, {
  documents: { LICENSE: "The license.\n", "provenance.json": "{}\n" },
  requires: { libc: { name: "glibc", version: "2.31" } },
});
/** The packages that the worker needs, which an empty root lacks. */
const NEEDS = ["glibc=2.36", "gcc-libs=12", "openssl=3"].flatMap((name) => ["--assume-installed", name]);

describe.skipIf(!tools)("a pacman package around a binary", () => {
  let key: OpenPgpSigningKey;
  let publisher: Pick<Packager, "publicKey" | "fingerprint">;
  let signer: PackageSigner;

  beforeAll(async () => {
    const { certificate, seed } = await generateOpenPgpKey("rbee package signing key", 1_780_000_000);
    key = await signingKey(certificate, seed);
    publisher = { publicKey: armorCertificates([certificate]), fingerprint: showFingerprint(certificate) };
    signer = {
      signHashed: (sha256With, at) => signaturePacket(key, { type: SIGNATURE_TYPE.binary, at }, sha256With),
    } as Partial<PackageSigner> as PackageSigner;
  });

  const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;

  /** Writes a package and its signature. */
  async function build(facts: FramedFacts = FACTS) {
    const folder = workDirectory();
    const name = MAKER.filename(facts);
    const path = join(folder, name);
    const sums = await writeFramed(path, MAKER, facts, PROGRAM, signer);
    const index = framedIndex().parse(await MAKER.index(facts, signer, sums));
    writeFileSync(`${path}.sig`, decodeBase64(index.signature));
    const run = async (...command: string[]) => outcome(await runAsUser(folder, command));
    return { folder, name, path, sums, index, run };
  }

  it("is installed with its signature required, checked, run and removed", async () => {
    const { path, name } = await build();
    expect(name).toBe(`${ID}-1.2.0-1-x86_64.pkg.tar`);
    const { pacman, root, home } = await newArchMachine([publisher], {}, "Required");
    expect(outcome(await pacman("-U", path, ...NEEDS))).toMatch(/^0\n/);
    expect(await runAsUser(home, [join(root, "usr/bin", ID)])).toMatchObject({ stdout: `${ID} 1.2.0\n` });
    expect(readFileSync(join(root, `usr/share/doc/${ID}/LICENSE`), "utf8")).toBe("The license.\n");
    expect(outcome(await pacman("-Qk", ID))).toBe(`0\n${ID}: 8 total files, 0 missing files\n`);
    expect(outcome(await pacman("-Qkk", ID))).toBe(`0\n${ID}: no mtree file\n`);
    const shown = (await pacman("-Qi", ID)).stdout;
    for (const line of [
      "Version : 1.2.0-1",
      "Depends On : glibc>=2.31 gcc-libs openssl",
      "Licenses : GPL-3.0-or-later",
    ]) {
      expect(shown.replaceAll(/ +/g, " ")).toContain(line);
    }
    expect(outcome(await pacman("-R", ID))).toMatch(/^0\n/);
  });

  it("is refused if it is altered, unsigned, or signed by a key that the machine does not trust", async () => {
    const { path } = await build();
    const trusting = await newArchMachine([publisher], {}, "Required");
    const stranger = await newArchMachine([await newPackager("stranger")], {}, "Required");
    expect(outcome(await stranger.pacman("-U", path, ...NEEDS))).toMatch(/^1\n[\s\S]*(unknown|missing)/);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1100] = 0x21;
    writeFileSync(path, bytes);
    expect(outcome(await trusting.pacman("-U", path, ...NEEDS))).toMatch(/^1\n[\s\S]*PGP signature/);
    const bare = await build();
    writeFileSync(`${bare.path}.sig`, "");
    expect(outcome(await trusting.pacman("-U", bare.path, ...NEEDS))).toMatch(/^1\n/);
  });

  it("is taken under the same name if it is one zstd frame, as around a binary that is stored so", async () => {
    const { path, run } = await build();
    expect(await run("sh", "-c", `zstd -q ${path} -o frame && mv frame ${path}`)).toBe("0\n");
    const { pacman, root, home } = await newArchMachine([publisher], {}, "Never");
    expect(outcome(await pacman("-U", path, ...NEEDS))).toMatch(/^0\n/);
    expect(await runAsUser(home, [join(root, "usr/bin", ID)])).toMatchObject({ stdout: `${ID} 1.2.0\n` });
  });

  it("is described by our database as repo-add describes it, but for MD5", async () => {
    const { folder, name, sums, index, run } = await build();
    expect(await run("repo-add", "--quiet", "theirs.db.tar.gz", name)).toMatch(/^0\n/);
    const [sum] = sums;
    const file = { filename: name, size: sum?.size ?? 0, sha256: sum?.sha256 ?? "", pgp_signature: index.signature };
    const entry = packageEntry(file, index);
    if (!entry.ok) throw new Error(entry.error);
    writeFileSync(join(folder, "ours.files.tar.gz"), await databaseArchive([entry.value], true));
    for (const part of ["desc", "files"]) {
      const read = (archive: string) => run("bsdtar", "-xOf", archive, `${ID}-1.2.0-1/${part}`);
      const theirs = await read("theirs.files.tar.gz");
      expect(theirs).toContain(part === "desc" ? "%PGPSIG%" : "usr/bin/");
      expect(await read("ours.files.tar.gz")).toBe(theirs.replace(/%MD5SUM%\n\w+\n\n/, ""));
    }
  });

  it("sorts a prerelease before its release by vercmp", async () => {
    const { run } = await build();
    const of = (version: string) =>
      MAKER.filename({ ...FACTS, version })
        .split("-")
        .slice(-3, -1)
        .join("-");
    for (const [older, newer] of [
      ["1.2.0-rc.1", "1.2.0"],
      ["1.2.0-beta.2", "1.2.0-rc.1"],
      ["1.2.0", "1.10.0"],
    ] as const) {
      expect(await run("vercmp", of(older), of(newer))).toBe("0\n-1\n");
    }
  });
});
