import { importJWK, jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { addReleaseKey, newLicenseSigningKey, OVERLAP, parseKeySet, rotateKeySet } from "../../src/cli/signing-keys.ts";
import { createKeyring } from "../../src/domain/licensing/token/signing-keys.ts";
import { parseMinisignPublicKeys } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";

const now = 1_795_000_000;

describe("a new license signing key", () => {
  it("signs tokens that its public half verifies, and has a kid of its own", async () => {
    const { privateJwk, publicJwk } = await newLicenseSigningKey();
    expect(publicJwk).not.toHaveProperty("d");
    const token = await new SignJWT({}).setProtectedHeader({ alg: "EdDSA" }).sign(await importJWK(privateJwk, "EdDSA"));
    await expect(jwtVerify(token, await importJWK(publicJwk, "EdDSA"))).resolves.toBeDefined();
    expect((await newLicenseSigningKey()).publicJwk.kid).not.toBe(publicJwk.kid);
  });
});

describe("a rotation", () => {
  it("keeps the old key valid in the Worker for the longest lease and a day", async () => {
    const [old, next] = [await newLicenseSigningKey(), await newLicenseSigningKey()];
    const live = parseKeySet({ keys: [{ ...old.publicJwk, alg: "EdDSA", use: "sig" }] });
    const keys = rotateKeySet(live, [], next.publicJwk, now);
    expect(keys).toEqual([next.publicJwk, { ...old.publicJwk, exp: now + OVERLAP }]);
    expect(OVERLAP).toBe(31 * 24 * 3600);
    const before = await createKeyring(old.privateJwk, keys);
    expect(before.verification.get(old.publicJwk.kid)?.exp).toBeUndefined();
    const after = await createKeyring(next.privateJwk, keys);
    expect(after.verification.get(old.publicJwk.kid)?.exp).toBe(now + OVERLAP);
  });

  it("does not prolong a key with an end, and drops expired keys", async () => {
    const [ending, ended, next] = [
      await newLicenseSigningKey(),
      await newLicenseSigningKey(),
      await newLicenseSigningKey(),
    ];
    const onFile = [
      { ...ending.publicJwk, exp: now + 60 },
      { ...ended.publicJwk, exp: now },
    ];
    expect(rotateKeySet([], onFile, next.publicJwk, now)).toEqual([
      next.publicJwk,
      { ...ending.publicJwk, exp: now + 60 },
    ]);
  });
});

describe("keys/release-signing.pub", () => {
  it("gets the first key in place of its placeholder, and later keys after it", async () => {
    const [first, second] = [await generateMinisignKey(), await generateMinisignKey()];
    const empty = "untrusted comment: no release signing key yet: nothing can be published\n# A remark.\n";
    const text = addReleaseKey(addReleaseKey(empty, first), second);
    expect(text).not.toContain("no release signing key yet");
    expect(text).toContain("# A remark.");
    const keys = parseMinisignPublicKeys(text);
    expect(keys).toMatchObject({ ok: true, value: [{ keyId: first.keyId }, { keyId: second.keyId }] });
  });
});
