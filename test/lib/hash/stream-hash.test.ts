import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeHex } from "../../../src/lib/encoding.ts";
import { type HashName, hashOf, streamHash } from "../../../src/lib/hash/stream-hash.ts";

const REFERENCES: Record<HashName, (bytes: Uint8Array) => Uint8Array> = {
  blake2b512: (bytes) => blake2b(bytes),
  sha256,
};
const NAMES = ["blake2b512", "sha256"] as const;

const text = (value: string) => new TextEncoder().encode(value);
const pattern = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

/** RFC 7693, appendix A; the empty message from BLAKE2's own vectors; FIPS 180-4's examples and NIST's long message. */
const VECTORS: [HashName, string, Uint8Array, string][] = [
  [
    "blake2b512",
    "abc",
    text("abc"),
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
  ],
  [
    "blake2b512",
    "the empty message",
    text(""),
    "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
  ],
  ["sha256", "abc", text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["sha256", "the empty message", text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [
    "sha256",
    "two blocks",
    text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "sha256",
    "a million times a",
    new Uint8Array(1_000_000).fill(0x61),
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  ],
];

describe("the hashes", () => {
  for (const [name, message, bytes, digest] of VECTORS) {
    it(`${name} gives the published digest of ${message}`, () => {
      expect(encodeHex(hashOf(name, bytes))).toBe(digest);
    });
  }

  for (const name of NAMES) {
    it(`${name} gives the reference's digest of every length around one and two blocks, and beyond the input's memory`, () => {
      for (const length of [...Array(260).keys(), 261_991, 261_992, 261_993, 600_001]) {
        const bytes = pattern(length);
        expect(encodeHex(hashOf(name, bytes)), String(length)).toBe(encodeHex(REFERENCES[name](bytes)));
      }
    });

    it(`${name} gives the same digest however the bytes are split, and wherever the state is saved and restored`, () => {
      const piece = fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), isSavedAfter: fc.boolean() });
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
          let hash = streamHash(name);
          for (const { bytes, isSavedAfter } of pieces) {
            hash.update(bytes);
            if (isSavedAfter) hash = streamHash(name, hash.save());
          }
          const whole = Uint8Array.from(pieces.flatMap(({ bytes }) => [...bytes]));
          expect(encodeHex(hash.digest())).toBe(encodeHex(REFERENCES[name](whole)));
        }),
      );
    });

    it(`${name} continues from a state saved after each byte of three blocks`, () => {
      const bytes = pattern(400);
      const digest = encodeHex(REFERENCES[name](bytes));
      for (let at = 0; at <= bytes.length; at++) {
        const begun = streamHash(name);
        begun.update(bytes.subarray(0, at));
        const continued = streamHash(name, begun.save());
        continued.update(bytes.subarray(at));
        expect(encodeHex(continued.digest()), String(at)).toBe(digest);
      }
    });

    it(`${name} keeps its state when it is saved and goes on`, () => {
      const hash = streamHash(name);
      for (const byte of pattern(300)) {
        hash.update(Uint8Array.of(byte));
        hash.save();
      }
      expect(encodeHex(hash.digest())).toBe(encodeHex(REFERENCES[name](pattern(300))));
    });

    it(`${name} refuses a state that it has not saved`, () => {
      const saved = streamHash(name).save();
      const shifted = saved.slice();
      shifted[shifted.length - 8] = 1;
      for (const wrong of [saved.subarray(1), new Uint8Array(0), shifted, new Uint8Array(saved.length + 129)]) {
        expect(() => streamHash(name, wrong)).toThrow(RangeError);
      }
    });
  }

  it("count more bytes than 32 bits hold", () => {
    // A state after 4 GiB of any bytes: the counter is what this is about.
    const saved = hashStateAfter(2 ** 32);
    const hash = streamHash("blake2b512", saved);
    hash.update(pattern(128));
    expect(new DataView(hash.save().buffer).getBigUint64(64, true)).toBe(2n ** 32n + 128n);
  });
});

function hashStateAfter(length: number): Uint8Array {
  const saved = streamHash("blake2b512").save();
  new DataView(saved.buffer).setBigUint64(64, BigInt(length), true);
  return saved;
}
