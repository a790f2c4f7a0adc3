import { beforeAll, describe, expect, it } from "vitest";
import {
  faultOfTag,
  type SourceFacts,
  signSource,
  sourceStatement,
  tagsOfVersion,
  verifySource,
} from "../../../../src/domain/releases/source/statement.ts";
import { generateMinisignKey, type MinisignSecretKey } from "../../../../src/lib/minisign/secret-key.ts";
import { formatTrustedComment, signText } from "../../../../src/lib/minisign/text.ts";

const FACTS: SourceFacts = {
  worker: "llm-worker-rbee-cpu",
  version: "1.2.0",
  repository: "https://github.com/rbee-keeper/rbee.git",
  tag: "v1.2.0",
  commit: "0123456789abcdef0123456789abcdef01234567",
};

let key: MinisignSecretKey;
beforeAll(async () => {
  key = await generateMinisignKey();
});

describe("the source statement", () => {
  it("has one line for each fact, and the whole reference name of the tag", () => {
    expect(sourceStatement(FACTS)).toBe(
      [
        "rbee source statement 1",
        "worker: llm-worker-rbee-cpu",
        "version: 1.2.0",
        "repository: https://github.com/rbee-keeper/rbee.git",
        "tag: refs/tags/v1.2.0",
        "commit: 0123456789abcdef0123456789abcdef01234567",
        "",
      ].join("\n"),
    );
  });

  it("verifies with the release key's signature, which is the same each time", async () => {
    const signature = await signSource(key, FACTS);
    expect(signature).toBe(await signSource(key, FACTS));
    expect(await verifySource([key], { ...FACTS, signature })).toEqual({ ok: true, value: null });
  });

  it.each([
    ["worker", "llm-worker-rbee-cuda"],
    ["version", "1.2.1"],
    ["repository", "https://github.com/someone/rbee.git"],
    ["tag", "1.2.0"],
    ["commit", "f".repeat(40)],
  ])("does not verify for another %s", async (field, value) => {
    const signature = await signSource(key, FACTS);
    expect(await verifySource([key], { ...FACTS, [field]: value, signature })).toMatchObject({ ok: false });
  });

  it("does not verify by another key, with an altered comment, or as something else", async () => {
    const signature = await signSource(key, FACTS);
    expect(await verifySource([await generateMinisignKey()], { ...FACTS, signature })).toMatchObject({ ok: false });
    const altered = signature.replace("version:1.2.0", "version:1.2.1");
    expect(await verifySource([key], { ...FACTS, signature: altered })).toMatchObject({ ok: false });
    expect(await verifySource([key], { ...FACTS, signature: "" })).toMatchObject({ ok: false });
  });

  it.each([
    ["no fields", {}],
    ["another version", { file: "llm-worker-rbee-cpu-1.2.0.source", worker: FACTS.worker, version: "1.2.1" }],
    ["a file of the release", { file: "llm-worker-rbee-cpu-linux-x86_64", worker: FACTS.worker, version: "1.2.0" }],
  ])("does not verify if the trusted comment has %s", async (_, fields) => {
    const signature = await signText(key, sourceStatement(FACTS), formatTrustedComment(fields));
    expect(await verifySource([key], { ...FACTS, signature })).toMatchObject({ ok: false });
  });
});

describe("a tag", () => {
  it("fits its version with or without v, alone or after a name", () => {
    expect(tagsOfVersion("2.0.0-rc.1", ["worker"])).toEqual([
      ...[
        "v2.0.0-rc.1",
        "2.0.0-rc.1",
        "worker-v2.0.0-rc.1",
        "worker-2.0.0-rc.1",
        "worker/v2.0.0-rc.1",
        "worker/2.0.0-rc.1",
      ],
    ]);
  });

  it("of another version is refused with the tags that fit", () => {
    expect(faultOfTag("v1.2.1", "1.2.0", { id: "w", build: {} })).toBe(
      "This is not a tag of version 1.2.0. Use one of v1.2.0, 1.2.0, w-v1.2.0, w-1.2.0, w/v1.2.0, w/1.2.0.",
    );
    expect(faultOfTag("v1.2.0", "1.2.0", { id: "w", build: {} })).toBeNull();
  });
});
