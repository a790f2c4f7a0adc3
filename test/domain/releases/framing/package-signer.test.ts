import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { packageSigner } from "../../../../src/domain/releases/framing/package-signer.ts";
import { concat, encodeBase64 } from "../../../../src/lib/encoding.ts";
import { hashOf } from "../../../../src/lib/hash/stream-hash.ts";
import { formatMinisignPublicKey } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../../src/lib/minisign/secret-key.ts";
import { formatTrustedComment, signText } from "../../../../src/lib/minisign/text.ts";
import { newPackageSigningKey } from "../../../../src/lib/openpgp/package-key.ts";
import { parsePackets } from "../../../../src/lib/openpgp/packet.ts";
import { parseCertificates } from "../../../../src/lib/openpgp/public-key.ts";
import { ConfigError, readConfig } from "../../../../src/platform/config/config.ts";
import { askApp } from "../../../support/ask-app.ts";
import { expectLogged } from "../../../support/logged.ts";

const AT = 1_764_000_000;
const releaseKey = await generateMinisignKey();
const [first, second, retired] = await Promise.all(
  ["first", "second", "retired"].map((name, index) => newPackageSigningKey(releaseKey, `${name} key`, AT + index)),
);
if (!first || !second || !retired) throw new Error("three keys were made");
const { secret_key: _gone, ...published } = retired.entry;

/** The environment with these entries in PACKAGE_SIGNING_KEYS. */
const withKeys = (...entries: object[]) => ({
  ...env,
  RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
  PACKAGE_SIGNING_KEYS: JSON.stringify(entries),
});
const signerOf = (...entries: object[]) => packageSigner(readConfig(withKeys(...entries)));

const tags = (bytes: Uint8Array) => {
  const packets = parsePackets(bytes);
  return packets.ok ? packets.value.map(({ tag }) => tag) : packets.error;
};

describe("the package signer", () => {
  it("publishes every key, and signs metadata by each that has its private half, packages by the first", async () => {
    const signer = await signerOf(first.entry, second.entry, published);
    expect(signer.keys.map(({ fingerprint }) => fingerprint)).toEqual(
      [first, second, retired].map(({ fingerprint }) => fingerprint),
    );
    const parsed = await parseCertificates(signer.armoredKeyring);
    expect(parsed).toMatchObject({
      ok: true,
      value: [{ userId: "first key" }, { userId: "second key" }, { userId: "retired key" }],
    });
    expect(tags(signer.keyring)).toEqual([6, 13, 2, 6, 13, 2, 6, 13, 2]);
    const data = new TextEncoder().encode("data");
    expect(tags(await signer.sign(data, AT))).toEqual([2, 2]);
    const once = await signer.signOnce(data, AT);
    expect(tags(once)).toEqual([2]);
    expect(await signer.sign(data, AT)).toEqual(concat(once, await (await signerOf(second.entry)).signOnce(data, AT)));
    expect(await signer.signHashed((trailer) => hashOf("sha256", concat(data, trailer)), AT)).toEqual(once);
    expect((await signer.signArmored(data, AT)).replaceAll("\n", "")).toContain(encodeBase64(once).slice(0, 100));
    expect(await signer.clearsign("text\n", AT)).toContain("\ntext\n-----BEGIN PGP SIGNATURE-----\n");
  });

  it("signs nothing if a key has no signature of an accepted release key, or another key's private half", async () => {
    const stranger = await newPackageSigningKey(await generateMinisignKey(), "stranger", AT);
    const cases = [
      [[first.entry, stranger.entry], "A package signing key is not vouched for: The signature is by minisign key"],
      [
        [{ ...first.entry, delegation: second.entry.delegation }],
        "not vouched for: The signature is not over this file.",
      ],
      [
        [{ ...first.entry, secret_key: second.entry.secret_key }],
        `${first.fingerprint} has the private half of another key.`,
      ],
    ] as const;
    for (const [entries, message] of cases) {
      await expect(signerOf(...entries)).rejects.toThrow(message);
      await expect(signerOf(...entries)).rejects.toBeInstanceOf(ConfigError);
    }
  });

  it("trusts no signature that the release key made for another purpose", async () => {
    const comment = formatTrustedComment({ timestamp: AT, file: "index-signing.pub", purpose: "worker-index" });
    const delegation = await signText(releaseKey, first.entry.public_key, comment);
    await expect(signerOf({ ...first.entry, delegation })).rejects.toThrow("signed it for something else");
  });

  it.each([
    ["an empty list", []],
    ["a first key without its private half", [published, first.entry]],
    ["an unknown member", [{ ...first.entry, note: "mine" }]],
    ["a delegation that is not a minisign signature", [{ ...first.entry, delegation: "" }]],
    ["a short private half", [{ ...first.entry, secret_key: "AAAA" }]],
    ["six keys", Array.from({ length: 6 }, () => first.entry)],
  ])("the configuration refuses %s", (_case, entries) => {
    expect(() => readConfig(withKeys(...entries))).toThrow("PACKAGE_SIGNING_KEYS");
  });

  it("five keys fit into the 5 kB of a secret", () => {
    expect(JSON.stringify(Array.from({ length: 5 }, () => first.entry)).length).toBeLessThan(5_000);
  });
});

describe("the routes of the keys for packages", () => {
  it("serve all keys, and each key with the release key's signature", async () => {
    const bindings = withKeys(first.entry, published);
    const textAt = async (path: string) => (await askApp(path, {}, bindings)).text();
    expect(await textAt("/keys/packages.asc")).toBe((await signerOf(first.entry, published)).armoredKeyring);
    for (const { fingerprint, entry } of [first, retired]) {
      expect(await textAt(`/keys/packages/${fingerprint}.asc`)).toBe(entry.public_key);
      expect(await textAt(`/keys/packages/${fingerprint.toLowerCase()}.asc.minisig`)).toBe(entry.delegation);
    }
    expect((await askApp(`/keys/packages/${second.fingerprint}.asc`, {}, bindings)).status).toBe(404);
  });

  it("answer 503 if the keys are not vouched for, and downloads go on", async () => {
    const bindings = { ...withKeys(first.entry), RELEASE_SIGNING_PUBLIC_KEYS: env.RELEASE_SIGNING_PUBLIC_KEYS };
    for (const path of ["/keys/packages.asc", `/keys/packages/${first.fingerprint}.asc`]) {
      expect((await askApp(path, {}, bindings)).status).toBe(503);
    }
    expect(expectLogged("request.failed")[0]?.message).toContain(
      "PACKAGE_SIGNING_KEYS: A package signing key is not vouched for",
    );
    expect((await askApp("/workers", {}, bindings)).status).toBe(200);
  });
});
