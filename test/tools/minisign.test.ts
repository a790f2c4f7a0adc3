import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake2b } from "@noble/hashes/blake2.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { samplePackage } from "../../scripts/development/sample-package.ts";
import { readReleaseFile } from "../../src/cli/publish/release-file.ts";
import {
  formatMinisignPublicKey,
  formatMinisignSignature,
  parseMinisignPublicKeys,
  parseMinisignSignature,
  showKeyId,
  verifyMinisign,
} from "../../src/lib/minisign/minisign.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  parseMinisignSecretKey,
  signMinisign,
} from "../../src/lib/minisign/secret-key.ts";
import type { Result } from "../../src/lib/result.ts";
import { installed } from "../support/node/installed.ts";
import { runCli } from "../support/node/run-cli.ts";

function unwrap<Value>(result: Result<Value, string>): Value {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe.skipIf(!installed("minisign"))("beside the real minisign", () => {
  let directory = "";
  const at = (name: string) => join(directory, name);
  const minisign = (...args: string[]) =>
    execFileSync("minisign", args, { cwd: directory, encoding: "utf8", stdio: "pipe" });
  const read = (name: string) => readFileSync(at(name), "utf8");
  const file = crypto.getRandomValues(new Uint8Array(60_000));
  const digest = new Uint8Array(blake2b(file));

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "minisign-"));
    writeFileSync(at("worker"), file);
    minisign("-G", "-W", "-p", "theirs.pub", "-s", "theirs.key");
    minisign("-S", "-s", "theirs.key", "-m", "worker", "-t", "version 1.10.0, grüße");
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it("we verify what it signs", async () => {
    const keys = unwrap(parseMinisignPublicKeys(read("theirs.pub")));
    const signature = unwrap(parseMinisignSignature(read("worker.minisig")));
    expect(signature.trustedComment).toBe("version 1.10.0, grüße");
    expect(await verifyMinisign(keys, signature, digest)).toMatchObject({ ok: true });
    expect(read("theirs.pub")).toContain(showKeyId(signature.keyId));
  });

  it("we write its files byte for byte", () => {
    const [key] = unwrap(parseMinisignPublicKeys(read("theirs.pub")));
    if (!key) throw new Error("no key");
    expect(formatMinisignPublicKey(key)).toBe(read("theirs.pub"));
    expect(formatMinisignSignature(unwrap(parseMinisignSignature(read("worker.minisig"))))).toBe(
      read("worker.minisig"),
    );
    expect(formatMinisignSecretKey(unwrap(parseMinisignSecretKey(read("theirs.key"))))).toBe(read("theirs.key"));
  });

  it("it verifies what we sign, with its key and with ours", async () => {
    const ours = await generateMinisignKey();
    writeFileSync(at("ours.pub"), formatMinisignPublicKey(ours));
    for (const [key, pub] of [
      [unwrap(parseMinisignSecretKey(read("theirs.key"))), "theirs.pub"],
      [ours, "ours.pub"],
    ] as const) {
      writeFileSync(at("mine.minisig"), formatMinisignSignature(await signMinisign(key, digest, "by us")));
      expect(minisign("-V", "-p", pub, "-m", "worker", "-x", "mine.minisig")).toContain("Trusted comment: by us");
    }
  });

  it("it signs with a key that we made", async () => {
    const ours = await generateMinisignKey();
    writeFileSync(at("made.key"), formatMinisignSecretKey(ours), { mode: 0o600 });
    minisign("-S", "-s", "made.key", "-m", "worker", "-x", "made.minisig");
    const signature = unwrap(parseMinisignSignature(read("made.minisig")));
    expect(await verifyMinisign([ours], signature, digest)).toMatchObject({ ok: true });
  });

  it("neither takes a changed file, and we refuse its legacy signatures", async () => {
    const changed = file.slice();
    changed[0] = (changed[0] ?? 0) ^ 1;
    writeFileSync(at("changed"), changed);
    expect(() => minisign("-V", "-p", "theirs.pub", "-m", "changed", "-x", "worker.minisig")).toThrow();
    const keys = unwrap(parseMinisignPublicKeys(read("theirs.pub")));
    const signature = unwrap(parseMinisignSignature(read("worker.minisig")));
    expect((await verifyMinisign(keys, signature, new Uint8Array(blake2b(changed)))).ok).toBe(false);
    minisign("-S", "-l", "-s", "theirs.key", "-m", "worker", "-x", "legacy.minisig");
    expect(parseMinisignSignature(read("legacy.minisig"))).toMatchObject({ ok: false, error: /legacy/ });
  });

  it("it signs the comment that we print, for a binary and a package, and we publish only what it was signed for", async () => {
    const worker = "llm-worker-rbee-cpu";
    const sample = await samplePackage({ id: worker, version: "1.2.0" }, Buffer.from("program"));
    writeFileSync(at(sample.filename), sample.bytes);
    writeFileSync(at("worker-linux-x86_64"), file);
    for (const name of ["worker-linux-x86_64", sample.filename]) {
      const named = ["release", "comment", at(name), "--worker", worker, "--version", "1.2.0"];
      const { code, stdout } = await runCli(named, { DEV_DIR: directory });
      expect([code, stdout]).toEqual([0, expect.stringContaining(`file:${name}\tworker:${worker}\tversion:1.2.0\t`)]);
      expect(stdout.includes("contents:")).toBe(name === sample.filename);
      minisign("-S", "-s", "theirs.key", "-m", name, "-t", stdout.trimEnd());
      const release = { workerId: worker, version: "1.2.0", platform: undefined, secretKey: null };
      expect(await readReleaseFile(at(name), release)).toMatchObject({ signature: read(`${name}.minisig`) });
      for (const other of [{ version: "1.2.1" }, { workerId: "llm-worker-rbee-cuda" }]) {
        const refused = readReleaseFile(at(name), { ...release, ...other });
        await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("was made for") });
      }
    }
  });

  it("its own comment names the file, so that no other file passes for it", async () => {
    writeFileSync(at("other-linux-x86_64"), file);
    writeFileSync(at("mine-linux-x86_64"), file);
    minisign("-S", "-s", "theirs.key", "-m", "other-linux-x86_64");
    minisign("-S", "-s", "theirs.key", "-m", "other-linux-x86_64", "-x", "mine-linux-x86_64.minisig");
    const release = { workerId: "w", version: "1.0.0", platform: undefined, secretKey: null };
    expect(await readReleaseFile(at("other-linux-x86_64"), release)).toMatchObject({ size: 60_000 });
    await expect(readReleaseFile(at("mine-linux-x86_64"), release)).rejects.toThrow("made for file other-linux-x86_64");
  });

  it("we refuse a key file with a password", () => {
    execFileSync("minisign", ["-G", "-p", "locked.pub", "-s", "locked.key"], {
      cwd: directory,
      input: "x\nx\n",
      stdio: "pipe",
    });
    expect(parseMinisignSecretKey(read("locked.key"))).toMatchObject({ ok: false, error: /password/ });
  });
});
