import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import compareSemver from "semver/functions/compare.js";
import { describe, expect, it } from "vitest";
import type { FramedFacts } from "../../src/domain/releases/framing/framing.ts";
import { debMaker } from "../../src/formats/apt/package.ts";
import { debianVersion } from "../../src/formats/apt/version.ts";
import { encodeUtf8 } from "../../src/lib/encoding.ts";
import { framedFacts, writeFramed } from "../support/node/framed-file.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/** Packages of the maker, as the real dpkg, GNU ar and tar, and libarchive take them. */
const tools = installed("dpkg", "dpkg-deb", "fakeroot", "ar", "tar", "bsdtar");

const PROGRAM = encodeUtf8("#!/bin/sh\necho llm-worker-rbee-cpu 1.2.0\n");
const FACTS = framedFacts(PROGRAM, {
  documents: { LICENSE: "The license.\n", PROVENANCE: "The source.\n" },
  requires: { libc: { name: "glibc", version: "2.31" } },
});

const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;

async function build(facts: FramedFacts = FACTS): Promise<{ folder: string; name: string; run: typeof run }> {
  const folder = workDirectory();
  const name = debMaker.filename(facts);
  await writeFramed(join(folder, name), debMaker, facts, PROGRAM);
  const run = async (...command: string[]) => outcome(await runAsUser(folder, command));
  return { folder, name, run };
}

describe.skipIf(!tools)("a Debian package around a binary", () => {
  it("is read by dpkg-deb, with every field of its control file", async () => {
    const { name, run } = await build();
    expect(name).toBe("llm-worker-rbee-cpu_1.2.0-1_amd64.deb");
    expect(await run("dpkg-deb", "--field", name)).toBe(`0
Package: llm-worker-rbee-cpu
Version: 1.2.0-1
Architecture: amd64
Maintainer: rbee <catalog@rbee.dev>
Installed-Size: 9
Depends: libc6 (>= 2.31)
Section: science
Priority: optional
Homepage: https://rbee.dev
Description: LLM inference worker for rbee, for any CPU
 This worker runs models for rbee. Its backend is cpu.
 It needs glibc 2.31 or newer.
`);
    const listed = await run("dpkg-deb", "--contents", name);
    expect(listed.split("\n").map((line) => line.replace(/ +\d+ \d{4}-\d\d-\d\d \d\d:\d\d /, " "))).toEqual([
      "0",
      "drwxr-xr-x root/root ./",
      "drwxr-xr-x root/root ./usr/",
      "drwxr-xr-x root/root ./usr/bin/",
      "drwxr-xr-x root/root ./usr/share/",
      "drwxr-xr-x root/root ./usr/share/doc/",
      "drwxr-xr-x root/root ./usr/share/doc/llm-worker-rbee-cpu/",
      "-rw-r--r-- root/root ./usr/share/doc/llm-worker-rbee-cpu/PROVENANCE",
      "-rw-r--r-- root/root ./usr/share/doc/llm-worker-rbee-cpu/copyright",
      "-rwxr-xr-x root/root ./usr/bin/llm-worker-rbee-cpu",
      "",
    ]);
  });

  it("has the members of a package by GNU ar, and the same program by GNU tar and libarchive", async () => {
    const { name, run } = await build();
    expect(await run("ar", "t", name)).toBe("0\ndebian-binary\ncontrol.tar\ndata.tar\n");
    expect(await run("ar", "p", name, "debian-binary")).toBe("0\n2.0\n");
    const extract = (program: string) =>
      run("sh", "-c", `ar p ${name} data.tar | ${program} -xOf - ./usr/bin/llm-worker-rbee-cpu`);
    const program = `0\n${new TextDecoder().decode(PROGRAM)}`;
    expect(await extract("tar")).toBe(program);
    expect(await extract("bsdtar")).toBe(program);
    // dpkg-deb makes the same members of the same tree.
    await run("dpkg-deb", "--raw-extract", name, "tree");
    await run("fakeroot", "dpkg-deb", "--build", "--root-owner-group", "-Znone", "tree", "theirs.deb");
    expect(await run("ar", "t", "theirs.deb")).toBe(await run("ar", "t", name));
    const members = (file: string) => run("sh", "-c", `ar p ${file} data.tar | tar -tf - | sort`);
    expect(await members("theirs.deb")).toBe(await members(name));
  });

  it("is installed, verified, listed and removed by dpkg", async () => {
    const { folder, name, run } = await build({ ...FACTS, requires: null });
    await run("mkdir", "-p", "root/var/lib/dpkg/info", "root/var/lib/dpkg/updates", "root/var/log");
    await run("touch", "root/var/lib/dpkg/status");
    const dpkg = (...args: string[]) =>
      run("fakeroot", "dpkg", `--root=${join(folder, "root")}`, "--force-not-root", "--force-bad-path", ...args);
    expect(await dpkg("--install", name)).toMatch(/^0\n/);
    expect(await run(join(folder, "root/usr/bin/llm-worker-rbee-cpu"))).toBe("0\nllm-worker-rbee-cpu 1.2.0\n");
    expect(statSync(join(folder, "root/usr/bin/llm-worker-rbee-cpu")).mtimeMs).toBe(FACTS.madeAt * 1000);
    expect(readFileSync(join(folder, "root/usr/share/doc/llm-worker-rbee-cpu/copyright"), "utf8")).toContain(
      "/usr/share/common-licenses/GPL-3.\n\nThe license.\n",
    );
    // dpkg has made the sums that the package does not bring.
    expect(await dpkg("--verify", "llm-worker-rbee-cpu")).toBe("0\n");
    writeFileSync(join(folder, "root/usr/share/doc/llm-worker-rbee-cpu/PROVENANCE"), "Another.\n");
    expect(await dpkg("--verify", "llm-worker-rbee-cpu")).toMatch(/^\d\n\?\?5\?{6} .*PROVENANCE$/m);
    expect(await dpkg("--purge", "llm-worker-rbee-cpu")).toMatch(/^0\n/);
  });

  it("orders versions as semver does, candidates before their release", async () => {
    const versions = [
      ...["0.9.0", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"],
      ...[
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1-rc.1",
        "1.0.1",
        "1.10.0",
        "2.0.0-rc.9",
        "2.0.0-rc.10",
        "2.0.0",
      ],
    ];
    expect(versions.toSorted(compareSemver)).toEqual(versions);
    const folder = workDirectory();
    for (const [index, version] of versions.slice(1).entries()) {
      const order = [debianVersion(versions[index] ?? ""), "lt", debianVersion(version)];
      expect([order, (await runAsUser(folder, ["dpkg", "--compare-versions", ...order])).code]).toEqual([order, 0]);
    }
  });
});
