import { blake2b } from "@noble/hashes/blake2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, encodeBase64 } from "../../../src/lib/encoding.ts";
import {
  attributeMinisign,
  formatMinisignPublicKey,
  formatMinisignSignature,
  type MinisignSignature,
  parseMinisignPublicKeys,
  parseMinisignSignature,
  showKeyId,
  verifyMinisign,
} from "../../../src/lib/minisign/minisign.ts";
import {
  formatMinisignSecretKey,
  generateMinisignKey,
  parseMinisignSecretKey,
  signMinisign,
} from "../../../src/lib/minisign/secret-key.ts";
import type { Result } from "../../../src/lib/result.ts";

function unwrap<Value>(result: Result<Value, string>): Value {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const file = new TextEncoder().encode("the bytes of a worker\n");
const digest = new Uint8Array(blake2b(file));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => new Uint8Array(b));
const comment = fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => text.replaceAll(/\p{Cc}/gu, ""));
const signature: fc.Arbitrary<MinisignSignature> = fc.record({
  untrustedComment: comment,
  keyId: bytes(8),
  signature: bytes(64),
  trustedComment: comment,
  globalSignature: bytes(64),
});

describe("the minisign formats", () => {
  it("parse every formatted value back", () => {
    fc.assert(
      fc.property(signature, (minisig) => {
        expect(parseMinisignSignature(formatMinisignSignature(minisig))).toEqual({ ok: true, value: minisig });
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ keyId: bytes(8), key: bytes(32) }), { maxLength: 3 }), (keys) => {
        const text = keys.map(formatMinisignPublicKey).join("");
        expect(parseMinisignPublicKeys(text)).toEqual({ ok: true, value: keys });
      }),
    );
    fc.assert(
      fc.property(fc.record({ keyId: bytes(8), key: bytes(32), seed: bytes(32) }), (key) => {
        expect(parseMinisignSecretKey(formatMinisignSecretKey(key))).toEqual({ ok: true, value: key });
      }),
    );
  });

  it("refuse any other text without a throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.base64String()), (text, lines) => {
        for (const shape of [text, lines.join("\n"), `untrusted comment: x\n${lines.join("\n")}`]) {
          expect(parseMinisignSignature(shape).ok).toBe(false);
          expect(parseMinisignSecretKey(shape).ok).toBe(false);
        }
        parseMinisignPublicKeys(text);
      }),
    );
  });

  it("accept Windows line endings and a missing final newline", () => {
    const minisig = fc.sample(signature, 1)[0];
    if (!minisig) throw new Error("no sample");
    const text = formatMinisignSignature(minisig);
    expect(unwrap(parseMinisignSignature(text.replaceAll("\n", "\r\n")))).toEqual(minisig);
    expect(unwrap(parseMinisignSignature(text.trimEnd()))).toEqual(minisig);
  });
});

describe("public keys", () => {
  it("are empty for a file of comments", () => {
    expect(parseMinisignPublicKeys("untrusted comment: none yet\n# add one below\n\n")).toEqual({
      ok: true,
      value: [],
    });
  });

  it.each(["RWQ=", "hello", `RW${"A".repeat(55)}`, encodeBase64(new Uint8Array(42))])("refuse %j", (line) => {
    expect(parseMinisignPublicKeys(`untrusted comment: x\n${line}\n`)).toMatchObject({
      ok: false,
      error: "Line 2 is not a minisign public key.",
    });
  });
});

describe("a signature", async () => {
  const key = await generateMinisignKey();
  const other = await generateMinisignKey();
  const minisig = await signMinisign(key, digest, "timestamp:1\tfile:worker");
  const text = formatMinisignSignature(minisig);
  const [line1, line2, line3, line4] = text.split("\n");
  const keys = [other, key];

  it("is verified by its key among several", async () => {
    const signer = unwrap(await verifyMinisign(keys, unwrap(parseMinisignSignature(text)), digest));
    expect(showKeyId(signer.keyId)).toBe(showKeyId(key.keyId));
  });

  it("names its key without leading zeros, as minisign does", () => {
    expect(showKeyId(Uint8Array.of(0xa7, 0xd2, 0x03, 0xbe, 0x8d, 0x50, 0x04, 0x09))).toBe("904508DBE03D2A7");
    expect(showKeyId(new Uint8Array(8))).toBe("0");
  });

  it("is refused for another file, key or trusted comment, and with any changed bit", async () => {
    const otherFile = new Uint8Array(blake2b(file.subarray(1)));
    expect(await verifyMinisign(keys, minisig, otherFile)).toMatchObject({ ok: false, error: /not over this file/ });
    expect(await attributeMinisign([other], minisig)).toMatchObject({ ok: false, error: /not trusted/ });
    expect(await attributeMinisign([], minisig)).toMatchObject({ ok: false, error: /trusted: none/ });
    expect(await attributeMinisign(keys, { ...minisig, trustedComment: "file:other" })).toMatchObject({
      ok: false,
      error: /trusted comment has been altered/,
    });
    const impostor = { ...other, keyId: key.keyId };
    expect((await verifyMinisign([impostor], minisig, digest)).ok).toBe(false);
    for (const at of [0, 31, 32, 63]) {
      const altered = new Uint8Array(minisig.signature);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect((await verifyMinisign(keys, { ...minisig, signature: altered }, digest)).ok).toBe(false);
    }
  });

  it("is refused with the global signature of another file", async () => {
    const elsewhere = await signMinisign(key, new Uint8Array(64), minisig.trustedComment);
    const mixed = { ...elsewhere, signature: minisig.signature };
    expect((await attributeMinisign(keys, mixed)).ok).toBe(false);
  });

  it("in the legacy form is refused with a hint", () => {
    const legacy = encodeBase64(concat(new TextEncoder().encode("Ed"), minisig.keyId, minisig.signature));
    expect(parseMinisignSignature([line1, legacy, line3, line4].join("\n"))).toMatchObject({
      ok: false,
      error: /legacy.*without -l/,
    });
  });

  it.each([
    ["no text", ""],
    ["three lines", [line1, line2, line3].join("\n")],
    ["five lines", `${text}more\n`],
    ["no first comment", [line2, line2, line3, line4].join("\n")],
    ["no trusted comment", [line1, line2, line1, line4].join("\n")],
    ["a truncated signature", [line1, line2?.slice(4), line3, line4].join("\n")],
    ["a truncated global signature", [line1, line2, line3, line4?.slice(4)].join("\n")],
    ["another algorithm", [line1, encodeBase64(new Uint8Array(74)), line3, line4].join("\n")],
    ["base64 that is not canonical", [line1, line2, line3, line4?.replace(/.==$/, "B==")].join("\n")],
    ["control characters", [line1, line2, `${line3}\x1b[2J`, line4].join("\n")],
    ["an endless comment", [`${line1}${"x".repeat(2000)}`, line2, line3, line4].join("\n")],
  ])("with %s is refused", (_, malformed) => {
    const result = parseMinisignSignature(malformed);
    expect(result.ok).toBe(false);
  });
});

describe("a secret key file", () => {
  it("with a password is refused with a hint that repeats nothing of the file", async () => {
    const key = await generateMinisignKey();
    const [line1, line2 = ""] = formatMinisignSecretKey(key).split("\n");
    const scrypt = Uint8Array.from(atob(line2), (c) => c.charCodeAt(0));
    scrypt.set(new TextEncoder().encode("Sc"), 2);
    const result = parseMinisignSecretKey(`${line1}\n${encodeBase64(scrypt)}\n`);
    expect(result).toMatchObject({ ok: false, error: /password.*-W/ });
  });
});
