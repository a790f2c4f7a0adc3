import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { blake2b } from "@noble/hashes/blake2.js";
import { describe, expect, it } from "vitest";
import { premiumLicense, provenanceDocument } from "../../src/domain/releases/framing/documents.ts";
import { formatMinisignPublicKey, formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { installed } from "../support/node/installed.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const ORIGIN = "https://catalog.test";
const WORKER = { id: "llm-worker-rbee-cpu", license: "LicenseRef-rbee-premium" };
const program = crypto.getRandomValues(new Uint8Array(5000));
const sha256 = createHash("sha256").update(program).digest("hex");
const key = await generateMinisignKey();
const signature = formatMinisignSignature(
  await signMinisign(key, new Uint8Array(blake2b(program)), "file:worker\tworker:llm-worker-rbee-cpu"),
);
const RELEASE = { version: "1.2.0", source_repository: null, source_tag: null, source_commit: null };
const FILE = { platform: "linux-x86_64", filename: "worker", size: program.length, sha256, signature } as const;

/** The commands of a document, with the paths of an installed package below `root`. */
const commandsIn = (text: string, root: string): string[] =>
  text
    .split("\n")
    .flatMap((line) => (line.startsWith("  ") ? [line.trim()] : []))
    .map((line) =>
      line
        .replaceAll(`/usr/bin/${WORKER.id}`, join(root, "program"))
        .replaceAll(`/usr/share/doc/${WORKER.id}`, root)
        .replace("-P KEY", `-P ${formatMinisignPublicKey(key).split("\n")[1]}`),
    );

describe("PROVENANCE", () => {
  it.skipIf(!installed("minisign"))(
    "has commands that verify the installed program, and refuse another one",
    async () => {
      const root = await temporaryFolder();
      const text = provenanceDocument(WORKER, RELEASE, FILE, ORIGIN);
      writeFileSync(join(root, "PROVENANCE"), text);
      const commands = commandsIn(text, root);
      expect(commands.map((command) => command.split(" ")[0])).toEqual(["echo", "sed", "minisign"]);
      const run = (command: string) =>
        execFileSync("sh", ["-c", command], { cwd: root, encoding: "utf8", stdio: "pipe" });
      writeFileSync(join(root, "program"), program);
      expect(commands.map(run)).toEqual([expect.stringContaining(": OK"), "", expect.stringContaining("verified")]);
      writeFileSync(join(root, "program"), program.toReversed());
      for (const command of commands.filter((one) => !one.startsWith("sed"))) expect(() => run(command)).toThrow();
    },
  );

  it("is the same for a signature with other line ends, and names the pinned source", () => {
    const text = provenanceDocument(WORKER, RELEASE, FILE, ORIGIN);
    const windows = { ...FILE, signature: signature.replaceAll("\n", "\r\n") };
    expect(provenanceDocument(WORKER, RELEASE, windows, ORIGIN)).toBe(text);
    const pinned = {
      ...RELEASE,
      source_repository: "https://example.com/r.git",
      source_tag: "v1",
      source_commit: "ab",
    };
    expect(provenanceDocument(WORKER, pinned, FILE, ORIGIN)).toContain(
      "Repository: https://example.com/r.git\nTag: v1\nCommit: ab\n",
    );
  });

  it("of an unsigned file names the address that will have the signature", () => {
    const text = provenanceDocument(WORKER, RELEASE, { ...FILE, signature: null }, ORIGIN);
    expect(text).toContain(`${ORIGIN}/v1/workers/${WORKER.id}/1.2.0/files/worker.minisig\n`);
    expect(text).not.toContain("minisign -V");
  });
});

it("the license of a premium worker names the seller, and the terms if there are any", () => {
  const none = { terms: null, privacy: null, refunds: null, imprint: null };
  const seller = { name: "Acme GmbH", address: "", vatNumber: null, support: "help@acme.test", documents: none };
  expect(premiumLicense(WORKER, seller, ORIGIN)).not.toContain("/terms");
  const text = premiumLicense(WORKER, { ...seller, documents: { ...none, terms: { text: "Terms" } } }, ORIGIN);
  for (const part of [WORKER.id, WORKER.license, "Acme GmbH", `${ORIGIN}/terms`, "help@acme.test"]) {
    expect(text).toContain(part);
  }
});
