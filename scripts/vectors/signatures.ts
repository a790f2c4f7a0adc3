import { createHash } from "node:crypto";
import { minisig, publicKeyText } from "./minisign.ts";
import { FILE_KEYS } from "./test-keys.ts";
import { NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const { release, secondRelease, foreign } = FILE_KEYS;

const CONTENT = "#!/bin/sh\necho 'llm-worker-rbee-premium-cpu 1.2.3'\n";
const FILE = {
  worker_id: "llm-worker-rbee-premium-cpu",
  version: "1.2.3",
  filename: "llm-worker-rbee-premium-cpu-linux-x86_64",
  size: Buffer.byteLength(CONTENT),
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
};

/** A trusted comment of fields. */
const comment = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join("\t");

const NAMES = { file: FILE.filename, worker: FILE.worker_id, version: FILE.version };
const COMMENT = comment({ ...NAMES, platform: "linux-x86_64", channel: "stable" });
const GOOD = minisig(release, CONTENT, COMMENT);

const valid = (name: string, signature: string, content = CONTENT, file: object = FILE): VectorCase => ({
  name,
  content,
  minisig: signature,
  file,
  expected: { code: "VALID" },
});

const refused = (why: string, name: string, signature: string, content = CONTENT, file: object = FILE): VectorCase => ({
  name,
  content,
  minisig: signature,
  file,
  expected: { code: "REFUSED", why },
});

/** A genuine signature with this trusted comment. */
const named = (text: string): string => minisig(release, CONTENT, text);

/** The text with one line replaced; `at` counts from 0. */
const withLine = (at: number, line: string): string =>
  GOOD.split("\n")
    .map((own, index) => (index === at ? line : own))
    .join("\n");

const LONG = "a".repeat(300);

const genuine: VectorCase[] = [
  valid("a signature that names file, worker and version", GOOD),
  valid("the second release key", minisig(secondRelease, CONTENT, COMMENT)),
  valid("line ends of Windows", GOOD.replaceAll("\n", "\r\n")),
  valid("no line end at its end", GOOD.trimEnd()),
  valid("another untrusted comment", minisig(release, CONTENT, COMMENT, { untrusted: "signed by anybody" })),
  valid("minisign's own comment", named(`${comment({ timestamp: "1799990000", file: FILE.filename })}\thashed`)),
  valid("a comment that names nothing", named("a note")),
  valid("no comment", named("")),
  valid("a long file", minisig(release, LONG, ""), LONG, {
    ...FILE,
    size: 300,
    sha256: createHash("sha256").update(LONG).digest("hex"),
  }),
];

const forms: VectorCase[] = [
  refused("format", "nothing", ""),
  refused("format", "three lines", GOOD.split("\n").slice(0, 3).join("\n")),
  refused("format", "five lines", `${GOOD}more\n`),
  refused("format", "no prefix of the first line", withLine(0, "comment: test")),
  refused("format", "no prefix of the third line", withLine(2, COMMENT)),
  refused("format", "a signature that is too short", withLine(1, "RUQ=")),
  refused("format", "a global signature that is no base64", withLine(3, "!".repeat(88))),
  refused(
    "legacy",
    "a legacy signature, over the file itself",
    minisig(release, CONTENT, COMMENT, { algorithm: "Ed" }),
  ),
];

const foreigners: VectorCase[] = [
  refused("unknown_key", "a stranger's signature", minisig(foreign, CONTENT, COMMENT)),
  refused(
    "trusted_comment",
    "a stranger's signature under our key id",
    minisig(foreign, CONTENT, COMMENT, { showsAs: release }),
  ),
  refused(
    "trusted_comment",
    "a signature of our first key under the id of our second",
    minisig(release, CONTENT, COMMENT, { showsAs: secondRelease }),
  ),
  refused(
    "trusted_comment",
    "an altered trusted comment",
    minisig(release, CONTENT, comment({ ...NAMES, version: "1.2.2" }), { shownComment: COMMENT }),
  ),
  refused("content", "another file", minisig(release, `${CONTENT} `, COMMENT)),
];

const names: VectorCase[] = [
  refused(
    "names",
    "the name of another file",
    named(comment({ ...NAMES, file: "llm-worker-rbee-premium-cuda-linux-x86_64" })),
  ),
  refused("names", "another worker", named(comment({ ...NAMES, worker: "llm-worker-rbee-premium-cuda" }))),
  refused("names", "another version", named(comment({ ...NAMES, version: "1.2.2" }))),
  refused("names", "a second, other version", named(`${COMMENT}\tversion:1.2.2`)),
  refused("names", "a version behind a blank", named(`${comment({ file: NAMES.file })}\t version:1.2.2`)),
  refused("names", "a version behind an equals sign", named("version=1.2.2")),
  refused("names", "a version in capitals", named("Version: 1.2.2")),
  refused("names", "a version inside of another field", named("note:see version: 1.2.2")),
  refused("names", "a field in letters beyond ASCII", named("v\u0435rsion:1.2.2")),
  refused("names", "a signature for another purpose", named("timestamp:1799990000\tpurpose:worker-index")),
];

const facts: VectorCase[] = [
  refused("size", "a size that the index does not name", GOOD, CONTENT, { ...FILE, size: FILE.size + 1 }),
  refused("sha256", "a sum that the index does not name", GOOD, CONTENT, { ...FILE, sha256: "0".repeat(64) }),
];

/** Signatures of files by minisign. */
export const signatures: VectorFile = {
  description:
    "Files of releases with their minisign signatures. `content` is the file as UTF-8, `file` what the signed index or the download " +
    "link says of it, `public_keys` the keys that may sign releases. A signature may name nothing, but nothing else.",
  now: NOW,
  public_keys: publicKeyText(release, secondRelease),
  cases: [...genuine, ...forms, ...foreigners, ...names, ...facts],
};
