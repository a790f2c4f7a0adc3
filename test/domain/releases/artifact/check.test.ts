import { blake2b } from "@noble/hashes/blake2.js";
import { describe, expect, it } from "vitest";
import { faultsOf, readSignature } from "../../../../src/domain/releases/artifact/check.ts";
import { formatMinisignSignature } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../../src/lib/minisign/secret-key.ts";
import { sha256Hex } from "../../../support/publish-release.ts";

const file = new Uint8Array(new TextEncoder().encode("a worker"));
const facts = { file: "worker", worker: "llm-worker-rbee-cpu", version: "1.0.0", platform: null, channel: null };
const signed = { facts: { ...facts, contents: null }, twin: null };
const measured = { size: 8, sha256: await sha256Hex(file), blake2b512: new Uint8Array(blake2b(file)) };

describe("checking a file", async () => {
  const key = await generateMinisignKey();
  const minisig = await signMinisign(key, measured.blake2b512, "");
  const other = await signMinisign(key, new Uint8Array(64), "");

  it("names every fact that differs", async () => {
    expect(await faultsOf(measured, measured, minisig, [key])).toEqual([]);
    expect(await faultsOf(measured, measured, null, [])).toEqual([]);
    const declared = { size: 9, sha256: "0".repeat(64) };
    const faults = await faultsOf(declared, measured, other, [key]);
    expect(faults.map(({ path }) => path)).toEqual(["size", "sha256", "signature"]);
  });

  it("refuses a signature that no trusted key can have made, before it reads the file", async () => {
    const text = formatMinisignSignature(minisig);
    expect(await readSignature(text, { required: true, keys: [key] }, signed)).toMatchObject({ ok: true });
    expect(await readSignature(null, { required: false, keys: [] }, signed)).toEqual({ ok: true, value: null });
    for (const [given, policy] of [
      [null, { required: true, keys: [key] }],
      [text, { required: false, keys: [] }],
      [text, { required: false, keys: [await generateMinisignKey()] }],
      ["nonsense", { required: false, keys: [key] }],
    ] as const) {
      const refused = await readSignature(given, { ...policy, keys: [...policy.keys] }, signed);
      expect(refused).toMatchObject({ ok: false, error: { path: "signature" } });
    }
  });
});
