import { describe, expect, it } from "vitest";
import {
  checkFile,
  checkIndex,
  cleanCredential,
  coverageOf,
  digestOfText,
  fingerprintOfMachineId,
  hashFingerprint,
  kindOf,
  mayPass,
  type PublicKey,
  readCredential,
  readKeySet,
  readPublicKeys,
  readStatusList,
  statusAt,
  verifyToken,
} from "../../../clients/typescript/src/index.ts";
import {
  coverage,
  fingerprints,
  keySets,
  licenseKeys,
  licenseTokens,
  releaseIndexes,
  signatures,
  statusLists,
} from "../../support/vectors.ts";

const keysOf = (text: string): PublicKey[] => readPublicKeys(text) ?? [];

/** Whether the client refuses a credential without a request. */
function isRefused(text: string): boolean {
  try {
    readCredential(text);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: "KEY_INVALID" });
    if (text.length > 9) expect(String(error)).not.toContain(text);
    return true;
  }
}

async function statusOf({ list, uri, idx, now = statusLists.now, seen }: (typeof statusLists.cases)[number]) {
  const check = { keys: readKeySet(statusLists.jwks), issuer: statusLists.issuer, uri, now, seen };
  const read = await readStatusList(list, check);
  if (!read.ok) return { status: "unknown", why: read.why };
  const status = statusAt(read.value, idx);
  return status === null ? { status: "unknown", why: "range" } : { status };
}

/** Tests the client with every vector, in the runtime that calls it. */
export function testVectors(): void {
  describe("license-keys.json", () => {
    it.each(licenseKeys.cases)("$name", ({ input, expected }) => {
      const clean = cleanCredential(input);
      expect(clean).toBe(expected.clean);
      expect(kindOf(clean)).toBe(expected.kind);
      expect(isRefused(input)).toBe(!expected.well_formed);
    });
  });

  describe("license-tokens.json", () => {
    const { issuer, jwks, now: usual } = licenseTokens;
    it.each(licenseTokens.cases)("$name", async ({ token, now = usual, seen, fingerprint, expected }) => {
      const check = { keys: readKeySet(jwks), issuer, now, seen, fingerprint };
      expect(await verifyToken(token, check)).toMatchObject(expected);
    });
  });

  describe("key-sets.json", () => {
    it.each(keySets.cases)("$name", async ({ jwks, token, expected }) => {
      const check = { keys: readKeySet(jwks), issuer: keySets.issuer, now: keySets.now };
      expect(await verifyToken(token, check)).toMatchObject(expected);
    });
  });

  describe("coverage.json", () => {
    it.each(coverage.cases)("$name", ({ grant, expected: { code }, ...wanted }) => {
      expect(coverageOf(grant, wanted)).toBe(code);
    });
  });

  describe("status-lists.json", () => {
    it.each(statusLists.cases)("$name", async (one) => {
      expect(await statusOf(one)).toEqual(one.expected);
    });
  });

  describe("release-indexes.json", () => {
    it.each(releaseIndexes.cases)("$name", async ({ worker_id: workerId, seen, now = releaseIndexes.now, ...one }) => {
      const signed = {
        index: one.index,
        indexMinisig: one.index_minisig,
        indexKey: one.index_key,
        indexKeyMinisig: one.index_key_minisig,
      };
      const releaseKeys = keysOf(releaseIndexes.release_keys);
      const checked = await checkIndex(signed, { releaseKeys, workerId, seen, now });
      const verdict = checked.ok
        ? { code: "VALID", latest: checked.value.index.latest, ...checked.value.seen }
        : { code: "REFUSED", why: checked.why, retry: mayPass(checked.why) };
      expect(verdict).toEqual(one.expected);
    });
  });

  describe("signatures.json", () => {
    const keys = keysOf(signatures.public_keys);
    it.each(signatures.cases)("$name", async ({ content, minisig, file, expected }) => {
      const checked = await checkFile(digestOfText(content), file, minisig, keys);
      expect(checked.ok ? { code: "VALID" } : { code: "REFUSED", why: checked.why }).toEqual(expected);
    });
  });

  describe("fingerprints.json", () => {
    it.each(fingerprints.cases)("$name", async (one) => {
      if ("machine_id" in one) {
        expect(await fingerprintOfMachineId(one.machine_id)).toBe(one.expected.fingerprint);
      } else {
        expect(await hashFingerprint(one.license_id, one.fingerprint)).toBe(one.expected.machine);
      }
    });
  });
}
