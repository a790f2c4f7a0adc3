import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BINDING_NAMES,
  readSignedNames,
  signedComment,
} from "../../../../src/domain/releases/artifact/signed-names.ts";

const facts = {
  file: "llm-worker-rbee-cuda-linux-x86_64",
  worker: "llm-worker-rbee-cuda",
  version: "1.0.20",
  platform: "linux-x86_64",
  channel: "stable",
  contents: null,
};
const named = (comment: string) => {
  const read = readSignedNames(comment, facts);
  return read.ok ? [...read.value] : read.error;
};

describe("a trusted comment", () => {
  it("names the facts that release publish writes", () => {
    const comment = signedComment(facts);
    expect(comment).toBe(
      "file:llm-worker-rbee-cuda-linux-x86_64\tworker:llm-worker-rbee-cuda\tversion:1.0.20\tplatform:linux-x86_64\tchannel:stable",
    );
    expect(named(comment)).toEqual(["file", "worker", "version", "platform", "channel"]);
  });

  it.each([
    ["minisign's default", `timestamp:1795392000\tfile:${facts.file}\thashed`, ["file"]],
    ["an empty one", "", []],
    ["prose", "version 1.10.0, grüße: von profile: 7", "a field with characters beyond ASCII"],
    ["prose without a field", "signed on Ada's machine, version 1.10.0", []],
    ["a field of another tool", "builder:ci-7\tprofile:release\tmy-version:3", []],
    ["a name twice with the same value", "version:1.0.20\tversion:1.0.20", ["version"]],
  ])("that is %s is read", (_, comment, expected) => {
    const read = named(comment);
    if (Array.isArray(expected)) expect(read).toEqual(expected);
    else expect(read).toContain(expected);
  });

  it.each([
    ["version:1.0.0", "version 1.0.0, but this is version 1.0.20"],
    ["version:1.0.2", "version 1.0.2, but"],
    ["version:1.0.200", "version 1.0.200, but"],
    ["version:v1.0.20", "version v1.0.20, but"],
    ["version:1.0.20 ", "version 1.0.20 , but"],
    ["version:", "version , but"],
    ["worker:llm-worker-rbee-cpu", "worker llm-worker-rbee-cpu, but this is worker llm-worker-rbee-cuda"],
    ["worker:cuda", "worker cuda, but"],
    ["file:llm-worker-rbee-cuda-linux-aarch64", "file llm-worker-rbee-cuda-linux-aarch64, but this is file llm"],
    ["file:dist/llm-worker-rbee-cuda-linux-x86_64", "file dist/"],
    ["platform:linux-aarch64", "platform linux-aarch64, but"],
    ["channel:beta", "channel beta, but this is channel stable"],
    [`contents:${"0".repeat(64)}`, "for a package, and this file is none"],
    ["purpose:worker-index", "another purpose"],
    ["version:1.0.20\tversion:1.0.0", "version 1.0.0, but"],
    ["version:1.0.0\tversion:1.0.20", "version 1.0.0, but"],
    ["Version:1.0.20", "in a form that is not read"],
    [" version:1.0.20", "in a form that is not read"],
    ["version : 1.0.20", "in a form that is not read"],
    ["version=1.0.20", "in a form that is not read"],
    ['"version":"1.0.20"', "in a form that is not read"],
    ["worker_id:llm-worker-rbee-cpu", "in a form that is not read"],
    ["filename:x", "in a form that is not read"],
    ["timestamp:1 version:1.0.0", "in a form that is not read"],
    [`file:${facts.file} version:1.0.0`, "in a form that is not read"],
    ["ver\u200bsion:1.0.20", "in a form that is not read"],
    ["version\u00a0:1.0.20", "in a form that is not read"],
    ["\uff56ersion:1.0.20", "in a form that is not read"],
    ["version\uff1a1.0.20", "in a form that is not read"],
    ["w\u043erker:llm-worker-rbee-cpu", "in a form that is not read"],
    ["w\u043erker=llm-worker-rbee-cpu", "in a form that is not read"],
  ])("%j is refused", (comment, reason) => {
    expect(named(comment)).toContain(reason);
    expect(named(`timestamp:1\t${comment}`)).toContain(reason);
    expect(named(`${comment}\thashed`)).toContain(reason);
  });

  const other = fc
    .tuple(fc.constantFrom(...BINDING_NAMES), fc.string({ unit: "binary" }))
    .filter(([name, value]) => value !== facts[name] && !/[\t\n\r]/.test(value));
  const field = fc.constantFrom(
    "timestamp:1",
    "hashed",
    `file:${facts.file}`,
    `worker:${facts.worker}`,
    "version:1.0.20",
    "by Ada",
    "",
  );

  it("that names another value is refused, wherever it stands and whatever else the comment names", () => {
    fc.assert(
      fc.property(fc.array(field), other, fc.array(field), (before, [name, value], after) => {
        expect(readSignedNames([...before, `${name}:${value}`, ...after].join("\t"), facts).ok).toBe(false);
      }),
    );
  });

  it("that names another value in a disguise is refused or, where no client finds a name, read as none", () => {
    const disguise = fc.constantFrom(
      (name: string) => name.toUpperCase(),
      (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`,
      (name: string) => ` ${name}`,
      (name: string) => `${name} `,
      (name: string) => `${name[0]}\u00ad${name.slice(1)}`,
      (name: string) => name.replace("e", "\u0435"),
      (name: string) => `${name}\ufe55`,
    );
    const separator = fc.constantFrom(":", "=", " : ", "\uff1a");
    fc.assert(
      fc.property(fc.constantFrom(...BINDING_NAMES), disguise, separator, fc.boolean(), (name, hide, colon, apart) => {
        const comment = `file:${facts.file}${apart ? "\t" : " "}${hide(name)}${colon}other`;
        expect(readSignedNames(comment, facts).ok).toBe(false);
      }),
    );
  });

  it("that is written for a file is read back for it, and refused for a file with any other fact", () => {
    const text = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,20}$/);
    const file = fc.record({ file: text, worker: text, version: text, contents: fc.option(text) });
    fc.assert(
      fc.property(file, file, (mine, theirs) => {
        const comment = signedComment(mine);
        expect(readSignedNames(comment, mine).ok).toBe(true);
        const isSame = (["file", "worker", "version", "contents"] as const).every(
          (name) => mine[name] === theirs[name] || (name === "contents" && mine.contents === null),
        );
        expect(readSignedNames(comment, theirs).ok).toBe(isSame);
      }),
    );
  });
});
