import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it } from "vitest";
import { grantsRelease, grantsWorker } from "../../../../src/domain/licensing/grant.ts";
import { importLicenseKeySecret, parseLicenseKey } from "../../../../src/domain/licensing/license/key.ts";
import { fingerprintSchema, hashFingerprint } from "../../../../src/domain/licensing/machine/fingerprint.ts";
import {
  createKeyring,
  type Keyring,
  publishedKeys,
  verificationKeySet,
} from "../../../../src/domain/licensing/token/signing-keys.ts";
import { packStatusList } from "../../../../src/domain/licensing/token/status-list.ts";
import { verifyLicenseToken } from "../../../../src/domain/licensing/token/token.ts";
import { cleanSecret, looksLikeLicenseKey, looksLikeSignedToken } from "../../../../src/lib/credential.ts";
import { encodeHex } from "../../../../src/lib/encoding.ts";
import { coverage, fingerprints, keySets, licenseKeys, licenseTokens, statusLists } from "../../../support/vectors.ts";

type KeySet = (typeof keySets.cases)[number]["jwks"];

/** A keyring that signs with a key of its own and verifies with a set's. The set's foreign keys are left out. */
async function keyringOf({ keys }: KeySet): Promise<Keyring> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  const ours = keys.flatMap((key) => {
    const set = verificationKeySet().safeParse({ keys: [key] });
    return set.success ? set.data.keys : [];
  });
  return createKeyring({ kty: "OKP", crv: "Ed25519", kid: "own", x, d }, ours);
}

type TokenCase = { token: string; fingerprint?: string | undefined };

/** The code of the Worker's refusal of a token, or VALID with its claims. */
async function judge({ token, fingerprint }: TokenCase, keyring: Keyring, issuer: string, now: number) {
  const claims = await verifyLicenseToken(token, { keyring, issuer, now });
  if (!claims.ok) return { code: claims.error.code };
  const { sub, machine } = claims.value;
  if (fingerprint === undefined) return { code: "VALID", claims: claims.value };
  const named = fingerprintSchema().safeParse(fingerprint);
  if (!named.success) return { code: "MACHINE_REQUIRED" };
  return { code: (await hashFingerprint(sub, named.data)) === machine ? "VALID" : "MACHINE_MISMATCH" };
}

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array((hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16)));

/** Tests the Worker's code with the vectors about licenses, in the runtime that calls it. */
export function testLicensingVectors(): void {
  describe("license-keys.json", () => {
    it.each(licenseKeys.cases)("$name", async ({ input, expected }) => {
      const clean = cleanSecret(input);
      const isKey = looksLikeLicenseKey(clean);
      expect(clean).toBe(expected.clean);
      expect(isKey ? "key" : looksLikeSignedToken(clean) ? "token" : "other").toBe(expected.kind);
      if (expected.code === null) return;
      const secret = await importLicenseKeySecret(fromHex(licenseKeys.license_key_secret));
      const { license_id: licenseId, generation, code } = expected;
      expect(await parseLicenseKey(input, secret)).toMatchObject(
        code === "VALID" ? { ok: true, value: { licenseId, generation } } : { ok: false, error: { code } },
      );
    });
  });

  describe("license-tokens.json", () => {
    const { issuer, jwks, now: usual } = licenseTokens;
    it.each(licenseTokens.cases)("$name", async ({ expected, now = usual, seen = 0, ...sent }) => {
      const verdict = await judge(sent, await keyringOf(jwks), issuer, Math.max(now, seen));
      const { code, claims } = expected;
      expect(verdict).toMatchObject({ code, ...(claims && { claims }) });
    });
  });

  describe("key-sets.json", () => {
    const { issuer, now } = keySets;
    it.each(keySets.cases)("$name", async ({ jwks, expected: { code }, ...sent }) => {
      const keyring = await keyringOf(jwks);
      expect(await judge(sent, keyring, issuer, now)).toMatchObject({ code });
      // The catalog publishes a key exactly as long as it verifies by it.
      const kids = publishedKeys(keyring, now).map(({ kid }) => kid);
      const { kid } = JSON.parse(atob(sent.token.slice(0, sent.token.indexOf("."))));
      expect(kids.includes(kid)).toBe(code === "VALID");
    });
  });

  describe("coverage.json", () => {
    it.each(coverage.cases)("$name", ({ grant, worker_id, version, published_at, expected: { code } }) => {
      const isCovered = grantsRelease(grant, { version, published_at });
      expect(grantsWorker(grant, worker_id) ? (isCovered ? "VALID" : "VERSION_NOT_COVERED") : "NOT_ENTITLED").toBe(
        code,
      );
    });
  });

  describe("status-lists.json", () => {
    it("the Worker packs the places of the list as the vectors have them", () => {
      const { places, hex } = statusLists.published;
      const statuses = ["active", "revoked", "suspended"] as const;
      const entries = Object.entries(places).map(([idx, value]) => ({ idx: Number(idx), status: statuses[value] }));
      // The Worker never writes 3, the value of place 3.
      const known = entries.flatMap(({ idx, status }) => (status === undefined ? [] : [{ idx, status }]));
      const packed = packStatusList(known);
      packed[0] = (packed[0] ?? 0) | (3 << 6);
      expect(encodeHex(packed.subarray(0, hex.length / 2))).toBe(hex);
      expect(packed.subarray(hex.length / 2).every((byte) => byte === 0)).toBe(true);
    });
  });

  describe("fingerprints.json", () => {
    const hashed = fingerprints.cases.flatMap((one) => ("license_id" in one ? [one] : []));
    it.each(hashed)("$name", async ({ license_id, fingerprint, expected: { machine } }) => {
      expect(await hashFingerprint(license_id, fingerprintSchema().parse(fingerprint))).toBe(machine);
    });
  });
}
