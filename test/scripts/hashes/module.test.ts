import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { buildModule, MODULE_PATH } from "../../../scripts/hashes/module.ts";
import { hashOf, streamHash } from "../../../src/lib/hash/stream-hash.ts";

it("hashes.wasm is what its source compiles to, byte for byte", async () => {
  const committed = await readFile(MODULE_PATH);
  expect(Buffer.compare(committed, await buildModule()), "run npm run hashes and commit the module").toBe(0);
});

it("hashes.wasm agrees with OpenSSL on files that are cut at random, and saved between", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const reference = { blake2b512: createHash("blake2b512"), sha256: createHash("sha256") };
  const hashes = { blake2b512: streamHash("blake2b512"), sha256: streamHash("sha256") };
  for (let cut = 0; cut < 200; cut++) {
    const piece = bytes.subarray(Math.floor(Math.random() * 65_536));
    for (const name of ["blake2b512", "sha256"] as const) {
      reference[name].update(piece);
      hashes[name].update(piece);
      hashes[name] = streamHash(name, hashes[name].save());
    }
  }
  for (const name of ["blake2b512", "sha256"] as const) {
    expect(Buffer.from(hashes[name].digest()).equals(reference[name].digest()), name).toBe(true);
    expect(Buffer.from(hashOf(name, bytes)).equals(createHash(name).update(bytes).digest()), name).toBe(true);
  }
});
