import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { faultOfFile } from "../../src/cli/hive/check.ts";
import { fingerprintOf } from "../../src/cli/hive/machine.ts";
import { checkReleaseIndex } from "../../src/cli/verify/index-source.ts";
import { verifyIndexDelegation } from "../../src/lib/minisign/index-key.ts";
import { type MinisignPublicKey, parseMinisignPublicKeys } from "../../src/lib/minisign/minisign.ts";
import { fingerprints, releaseIndexes, signatures } from "../support/vectors.ts";

/** The keys of a `.pub` text. */
function keysOf(text: string): MinisignPublicKey[] {
  const keys = parseMinisignPublicKeys(text);
  if (!keys.ok) throw new Error(keys.error);
  return keys.value;
}

type IndexCase = (typeof releaseIndexes.cases)[number];

/** The verdict of the command line about an index, in the words of the vectors. */
async function judge({ worker_id, index, index_minisig, index_key, index_key_minisig, seen, now }: IndexCase) {
  const refused = (retry = false) => ({ code: "REFUSED", retry });
  const delegation = await verifyIndexDelegation(keysOf(releaseIndexes.release_keys), index_key, index_key_minisig);
  if (!delegation.ok || delegation.value.delegatedAt < seen.delegated_at) return refused();
  const { key, delegatedAt: delegated_at } = delegation.value;
  const seenSerial = delegated_at === seen.delegated_at ? seen.serial : 0;
  const asked = { workerId: worker_id, seenSerial, now: now ?? releaseIndexes.now };
  const checked = await checkReleaseIndex({ text: index, minisig: index_minisig }, key, asked);
  if (!checked.ok) return refused(checked.error.kind === "unsettled");
  const { serial, latest } = checked.value;
  return { code: "VALID", serial, latest, delegated_at };
}

describe("release-indexes.json", () => {
  it.each(releaseIndexes.cases)("$name", async (one) => {
    const { expected } = one;
    const { code } = expected;
    expect(await judge(one)).toEqual(code === "VALID" ? expected : { code, retry: expected.retry });
  });
});

describe("signatures.json", () => {
  const keys = keysOf(signatures.public_keys);
  it.each(signatures.cases)("$name", async ({ content, minisig, file: { worker_id: workerId, ...file }, expected }) => {
    const digest = {
      size: Buffer.byteLength(content),
      sha256: createHash("sha256").update(content).digest("hex"),
      blake2b: new Uint8Array(createHash("blake2b512").update(content).digest()),
    };
    const fault = await faultOfFile(digest, { workerId, ...file }, minisig, keys);
    expect(fault === null ? "VALID" : "REFUSED", fault ?? "").toBe(expected.code);
  });
});

describe("fingerprints.json", () => {
  const ofIds = fingerprints.cases.flatMap((one) => ("machine_id" in one ? [one] : []));
  it.each(ofIds)("$name", ({ machine_id, expected: { fingerprint } }) => {
    expect(fingerprintOf(machine_id)).toBe(fingerprint);
  });
});
