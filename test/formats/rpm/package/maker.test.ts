import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Requires } from "../../../../src/domain/releases/requires/requires.ts";
import { mainHeader } from "../../../../src/formats/rpm/package/main-header.ts";
import { rpmMaker } from "../../../../src/formats/rpm/package/maker.ts";
import { TAG } from "../../../../src/formats/rpm/package/tags.ts";
import { decodeHeader, tagOf } from "./decoded-header.ts";
import { factsOf, framed } from "./framed.ts";

const PROGRAM = new Uint8Array(Buffer.from("#!/bin/sh\necho hi\n"));
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The header of a program that is only said to have this size. */
function headerOfSize(size: number) {
  const facts = factsOf(PROGRAM);
  return mainHeader({ ...facts, binary: { ...facts.binary, content: { size, sha256: hash(PROGRAM) } } }, "00");
}

describe("an RPM package", () => {
  it("has a lead, a signature over the header, and a header that names the digest of the payload", async () => {
    const { file, index } = await framed(factsOf(PROGRAM), PROGRAM);
    expect(Buffer.from(file.subarray(0, 8)).toString("hex")).toBe("edabeedb03000000");
    const signature = decodeHeader(file, 96);
    const start = Math.ceil((96 + signature.length) / 8) * 8;
    const header = decodeHeader(file, start);
    const end = start + header.length;
    const payload = file.subarray(end);
    expect(index["header"]).toEqual({ start, end });
    expect(tagOf(signature, 273)).toEqual([hash(file.subarray(start, end))]);
    expect(tagOf(signature, 267)).toEqual([hash(file.subarray(start, end))]);
    expect(tagOf(signature, 1000)).toEqual([String(file.length - start)]);
    expect(tagOf(signature, 1007)).toEqual([String(payload.length)]);
    expect(tagOf(header, TAG.PAYLOADDIGEST)).toEqual([hash(payload)]);
    expect(tagOf(header, TAG.FILEDIGESTS)?.[0]).toBe(hash(PROGRAM));
    expect(Buffer.from(payload.subarray(0, 6)).toString()).toBe("070701");
    expect(payload.length % 4).toBe(0);
  });

  it("has the same bytes however often it is made", async () => {
    const once = await framed(factsOf(PROGRAM), PROGRAM);
    expect(await framed(factsOf(PROGRAM), PROGRAM)).toEqual(once);
  });

  it("names its files sorted by path, with folders apart", () => {
    const header = decodeHeader(mainHeader(factsOf(PROGRAM), "00"));
    const folders = tagOf(header, TAG.DIRNAMES) ?? [];
    const names = tagOf(header, TAG.BASENAMES) ?? [];
    const paths = (tagOf(header, TAG.DIRINDEXES) ?? []).map((at, index) => `${folders[Number(at)]}${names[index]}`);
    expect(paths).toEqual([
      "/usr/bin/llm-worker-rbee-cpu",
      "/usr/share/doc/llm-worker-rbee-cpu",
      "/usr/share/doc/llm-worker-rbee-cpu/LICENSE",
      "/usr/share/doc/llm-worker-rbee-cpu/provenance.json",
    ]);
    expect(tagOf(header, TAG.FILEFLAGS)).toEqual(["0", "0", "128", "2"]);
  });

  it("says sizes in 64 bits from 4 GiB - 1 on, and requires an rpm that reads them", () => {
    const small = decodeHeader(headerOfSize(0xffff_fff0));
    expect(tagOf(small, TAG.FILESIZES)?.[0]).toBe("4294967280");
    expect(tagOf(small, TAG.LONGFILESIZES)).toBeUndefined();
    expect(tagOf(small, TAG.REQUIRENAME)).not.toContain("rpmlib(LargeFiles)");
    const large = decodeHeader(headerOfSize(0xffff_ffff));
    expect(tagOf(large, TAG.LONGFILESIZES)?.[0]).toBe("4294967295");
    expect(tagOf(large, TAG.FILESIZES)).toBeUndefined();
    expect(tagOf(large, TAG.LONGSIZE)).toEqual(["4294967303"]);
    expect(tagOf(large, TAG.REQUIRENAME)).toContain("rpmlib(LargeFiles)");
  });

  it("is named as rpm writes its version, so that a prerelease sorts before the final version", () => {
    const named = (version: string, platform: "linux-x86_64" | "linux-aarch64" = "linux-x86_64") =>
      rpmMaker.filename({ ...factsOf(PROGRAM), version, platform });
    expect(named("1.2.0")).toBe("llm-worker-rbee-cpu-1.2.0-1.x86_64.rpm");
    expect(named("1.2.0-rc.1", "linux-aarch64")).toBe("llm-worker-rbee-cpu-1.2.0~rc.1-1.aarch64.rpm");
    expect(named("1.2.0-alpha-x.1")).toBe("llm-worker-rbee-cpu-1.2.0~alpha_x.1-1.x86_64.rpm");
  });

  it.each<[string, Requires | null, string[], string[] | undefined]>([
    ["no needs", null, [], undefined],
    ["glibc", { libc: { name: "glibc", version: "2.31" } }, ["glibc(x86-64) 2.31"], undefined],
    ["musl, which is linked in", { libc: { name: "musl" } }, [], undefined],
    [
      "CUDA",
      { cuda: { min: "12.4" }, libc: { name: "glibc" } },
      ["glibc(x86-64) "],
      ["libcublas.so.12()(64bit)", "libnvrtc.so.12()(64bit)", "libcurand.so.10()(64bit)"],
    ],
    ["ROCm", { rocm: { min: "6.1" } }, [], ["libamdhip64.so.6()(64bit)"]],
  ])("requires and recommends libraries for %s", (_, requires, required, recommended) => {
    const header = decodeHeader(mainHeader(factsOf(PROGRAM, { requires }), "00"));
    const versions = tagOf(header, TAG.REQUIREVERSION) ?? [];
    const named = (tagOf(header, TAG.REQUIRENAME) ?? []).map((name, at) => `${name} ${versions[at]}`);
    expect(named.filter((name) => !name.startsWith("rpmlib("))).toEqual(required);
    expect(tagOf(header, TAG.RECOMMENDNAME)).toEqual(recommended);
  });
});
