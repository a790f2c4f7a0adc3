import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createKeyring, publishedKeys, type SigningJwk } from "../../../../src/domain/licensing/token/signing-keys.ts";
import {
  type LicenseTokenClaims,
  signLicenseToken,
  verifyLicenseToken,
} from "../../../../src/domain/licensing/token/token.ts";
import { decodeBase64Url, encodeBase64Url } from "../../../../src/lib/encoding.ts";
import { DAY } from "../../../../src/lib/time.ts";

const NOW = 1_800_000_000;
const ISSUER = "https://catalog.test";

async function newSecret(kid: string): Promise<SigningJwk> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return { kty: "OKP", crv: "Ed25519", kid, x, d };
}

const publicHalf = ({ d: _private, ...rest }: SigningJwk, exp?: number) => ({ ...rest, ...(exp ? { exp } : {}) });

const secret = await newSecret("current");
const keyring = await createKeyring(secret, []);

const claims: LicenseTokenClaims = {
  iss: ISSUER,
  aud: "rbee-hive",
  sub: "lic_x",
  jti: "1",
  iat: NOW,
  nbf: NOW,
  exp: NOW + DAY,
  machine: "m",
  plan: "premium-monthly",
  entitlements: ["llm-worker-rbee-premium-*"],
  versions: "*",
  updates_until: null,
  gen: 0,
  status: { status_list: { idx: 3, uri: `${ISSUER}/v1/licenses/status/0` } },
};

const verify = (token: string, now = NOW, ring = keyring) =>
  verifyLicenseToken(token, { keyring: ring, issuer: ISSUER, now });

const forge = (header: { alg: string; typ?: string; kid?: string }, payload: JWTPayload) =>
  new SignJWT(payload).setProtectedHeader(header).sign(keyring.signing.key);

const code = async (token: string, now = NOW) => {
  const result = await verify(token, now);
  return result.ok ? "VALID" : result.error.code;
};

describe("a license token", () => {
  it("verifies with the signed claims", async () => {
    expect(await verify(await signLicenseToken(claims, keyring))).toEqual({ ok: true, value: claims });
  });

  it("is refused a minute after `exp`, and a minute before `nbf`", async () => {
    const token = await signLicenseToken(claims, keyring);
    expect(await code(token, claims.exp + 59)).toBe("VALID");
    expect(await code(token, claims.exp + 60)).toBe("TOKEN_EXPIRED");
    expect(await code(token, claims.nbf - 60)).toBe("VALID");
    expect(await code(token, claims.nbf - 61)).toBe("TOKEN_INVALID");
  });

  it.each([
    ["another audience", { ...claims, aud: "somebody" }],
    ["another issuer", { ...claims, iss: "https://evil.test" }],
    ["no expiry", { ...claims, exp: undefined }],
    ["claims of another kind", { ...claims, machine: 7 }],
  ])("is refused with %s", async (_, payload) => {
    const token = await forge({ alg: "EdDSA", typ: "rbee-license+jwt", kid: "current" }, payload as JWTPayload);
    expect(await code(token)).toBe("TOKEN_INVALID");
  });

  it.each([
    ["another typ", { alg: "EdDSA", typ: "JWT", kid: "current" }],
    ["no typ", { alg: "EdDSA", kid: "current" }],
    ["another kid", { alg: "EdDSA", typ: "rbee-license+jwt", kid: "other" }],
    ["no kid", { alg: "EdDSA", typ: "rbee-license+jwt" }],
    ["a kid that every object has", { alg: "EdDSA", typ: "rbee-license+jwt", kid: "__proto__" }],
  ])("is refused with %s", async (_, header) => {
    expect(await code(await forge(header, claims))).toBe("TOKEN_INVALID");
  });

  it("is refused unsigned, and signed by HMAC under the public key", async () => {
    const part = (value: object) => encodeBase64Url(new TextEncoder().encode(JSON.stringify(value)));
    for (const signature of ["", "AAAA"]) {
      const none = `${part({ alg: "none", typ: "rbee-license+jwt", kid: "current" })}.${part(claims)}.${signature}`;
      expect(await code(none)).toBe("TOKEN_INVALID");
    }
    const hmac = await new SignJWT(claims as JWTPayload)
      .setProtectedHeader({ alg: "HS256", typ: "rbee-license+jwt", kid: "current" })
      .sign(decodeBase64Url(secret.x));
    expect(await code(hmac)).toBe("TOKEN_INVALID");
  });

  it("is refused altered, cut, lengthened, empty, binary and oversized", async () => {
    const token = await signLicenseToken(claims, keyring);
    const [header, payload, signature] = token.split(".");
    const other = await signLicenseToken({ ...claims, machine: "other" }, keyring);
    const spliced = `${header}.${other.split(".")[1]}.${signature}`;
    const twins = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
      .map((last) => token.slice(0, -1) + last)
      .filter((text) => text !== token);
    for (const text of [
      ...twins,
      `${token}==`,
      spliced,
      token.slice(0, -2),
      `${token}AA`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      "",
      "..",
      "\0\u0001.\u00ff.\u00fe",
      `${"e".repeat(100_000)}.${payload}.${signature}`,
    ]) {
      expect(await code(text)).toBe("TOKEN_INVALID");
    }
  });

  it("of a rotated key verifies until its overlap ends", async () => {
    const token = await signLicenseToken({ ...claims, exp: NOW + 30 * DAY }, keyring);
    const overlap = NOW + 20 * DAY;
    const next = await createKeyring(await newSecret("next"), [publicHalf(secret, overlap)]);
    expect((await verify(token, overlap - 1, next)).ok).toBe(true);
    expect((await verify(token, overlap, next)).ok).toBe(false);
    expect(publishedKeys(next, overlap - 1).map(({ kid }) => kid)).toEqual(["next", "current"]);
    expect(publishedKeys(next, overlap).map(({ kid }) => kid)).toEqual(["next"]);
  });

  it("of a removed key does not verify", async () => {
    const token = await signLicenseToken(claims, keyring);
    expect((await verify(token, NOW, await createKeyring(await newSecret("next"), []))).ok).toBe(false);
  });

  it("does not publish the private half of any key", () => {
    expect(JSON.stringify(publishedKeys(keyring, NOW))).not.toContain(secret.d);
  });
});
