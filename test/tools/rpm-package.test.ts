import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ListedPackage, listedPackage, listsOf } from "../../src/formats/rpm/lists.ts";
import { armorCertificates } from "../../src/lib/openpgp/public-key.ts";
import { generateOpenPgpKey, SIGNATURE_TYPE, signData, signingKey } from "../../src/lib/openpgp/signature.ts";
import { factsOf, framed, signerOf } from "../formats/rpm/package/framed.ts";
import { installed } from "../support/node/installed.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { AS_NAMESPACE_ROOT, userNamespaces } from "../support/node/user-namespace.ts";

/** Packages of this service, as the real rpm and its relatives read them. */
const tools = installed("rpm", "rpmkeys", "rpm2cpio", "cpio", "bsdtar", "createrepo_c") && userNamespaces();

const PROGRAM = new Uint8Array(Buffer.from("#!/bin/sh\necho hello from rpm\n"));
const ID = "llm-worker-rbee-cpu";
const REQUIRES = { libc: { name: "glibc", version: "2.31" }, cuda: { min: "12.4" } };

describe.skipIf(!tools)("rpm", () => {
  let folder: string;
  /** The packages by version; 2.0.0 has requirements that a scratch root does not meet. */
  const packages: ListedPackage[] = [];

  const run = (...command: string[]) => runAsUser(folder, command);
  const asRoot = (...command: string[]) => run(...AS_NAMESPACE_ROOT, ...command);
  const pathOf = (at: number) => join(folder, packages[at]?.filename ?? "none");

  beforeAll(async () => {
    folder = workDirectory();
    const { certificate, seed } = await generateOpenPgpKey("packages <packages@example.com>", 1_795_000_000);
    const key = await signingKey(certificate, seed);
    const signer = signerOf((data, at) => signData(key, { type: SIGNATURE_TYPE.binary, at }, data));
    for (const more of [{ version: "1.0.0" }, { version: "2.0.0", requires: REQUIRES }]) {
      const { file, ...facts } = await framed(factsOf(PROGRAM, more), PROGRAM, signer);
      writeFileSync(join(folder, facts.filename), file);
      packages.push(...[listedPackage(facts) ?? []].flat());
    }
    writeFileSync(join(folder, "key.asc"), armorCertificates([certificate]));
    await run("mkdir", join(folder, "db"));
    expect(await asRoot("rpmkeys", "--dbpath", join(folder, "db"), "--import", join(folder, "key.asc"))).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  it("finds the signature, the header's digest and the payload's digest good", async () => {
    const { code, stdout } = await asRoot("rpmkeys", "--dbpath", join(folder, "db"), "-Kv", pathOf(0));
    expect(stdout.replace(/key ID \w+/, "key ID X")).toBe(
      [
        `${pathOf(0)}:`,
        "    Header V4 EdDSA/SHA256 Signature, key ID X: OK",
        "    Header SHA256 digest: OK",
        "    Payload SHA256 digest: OK",
        "",
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  it.each([
    ["payload", -200, "Payload SHA256 digest: BAD"],
    ["header", 700, "BAD"],
  ])("finds an altered %s bad", async (_, at, fault) => {
    const { file } = await framed(factsOf(PROGRAM), PROGRAM);
    const place = (at + file.length) % file.length;
    file[place] = (file[place] ?? 0) ^ 1;
    writeFileSync(join(folder, "altered.rpm"), file);
    const { code, stdout, stderr } = await asRoot("rpmkeys", "--dbpath", join(folder, "db"), "-Kv", "altered.rpm");
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(fault);
  });

  it("reads the needs", async () => {
    const query = async (what: string) => (await run("rpm", "-qp", what, pathOf(1))).stdout.trim().split("\n");
    expect((await query("--requires")).filter((line) => !line.startsWith("rpmlib"))).toEqual(["glibc(x86-64) >= 2.31"]);
    expect(await query("--recommends")).toContain("libcublas.so.12()(64bit)");
    expect(await query("--provides")).toEqual([`${ID} = 2.0.0-1`, `${ID}(x86-64) = 2.0.0-1`]);
    expect((await query("--scripts")).join("")).toBe("");
    expect(await query("--licensefiles")).toEqual([`/usr/share/doc/${ID}/LICENSE`]);
    expect(await query("--docfiles")).toEqual([`/usr/share/doc/${ID}/provenance.json`]);
  });

  it("installs the program into a root, verifies it, and removes it without a trace", async () => {
    const root = join(folder, "root");
    const rpm = (...args: string[]) => asRoot("rpm", "--root", root, "--dbpath", "/db", "--noplugins", ...args);
    await run("mkdir", root);
    expect(await rpm("-i", pathOf(0))).toMatchObject({ code: 0 });
    expect((await run(join(root, "usr/bin", ID))).stdout).toBe("hello from rpm\n");
    expect(await rpm("-V", ID)).toMatchObject({ code: 0, stdout: "" });
    const refused = await rpm("-U", pathOf(1));
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`glibc(x86-64) >= 2.31 is needed by ${ID}-2.0.0-1.x86_64`);
    expect(await rpm("-e", ID)).toMatchObject({ code: 0 });
    expect((await run("find", join(root, "usr"), "-name", `${ID}*`)).stdout).toBe("");
  });

  it("unpacks by rpm2cpio and by libarchive", async () => {
    const files = [
      `./usr/bin/${ID}`,
      ...["", "/LICENSE", "/provenance.json"].map((at) => `./usr/share/doc/${ID}${at}`),
    ];
    const unpacked = await run("sh", "-c", 'rpm2cpio "$0" | cpio -t --quiet', pathOf(0));
    expect(unpacked.stdout.trim().split("\n")).toEqual(files);
    expect((await run("bsdtar", "-tf", pathOf(0))).stdout.trim().split("\n")).toEqual(files);
    expect((await run("bsdtar", "-xOf", pathOf(0), `./usr/bin/${ID}`)).stdout).toBe(Buffer.from(PROGRAM).toString());
  });

  it("is listed as createrepo_c lists it", async () => {
    await run("rm", "-f", "altered.rpm");
    expect(await run("createrepo_c", "--no-database", "--simple-md-filenames", ".")).toMatchObject({ code: 0 });
    const ours = listsOf(packages, 1);
    // createrepo_c says when the file came into its folder.
    const plain = (xml: string) => xml.replaceAll(/^\s+|\n/gm, "").replaceAll(/ file="\d+"/g, "");
    for (const name of ["primary", "filelists", "other"] as const) {
      const { stdout } = await run("zcat", `repodata/${name}.xml.gz`);
      expect(stdout).toContain(ID);
      expect(plain(ours[name])).toBe(plain(stdout));
    }
  });
});
