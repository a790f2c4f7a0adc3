import { deflateRawSync, deflateSync } from "node:zlib";
import { signedJwt } from "./jwt.ts";
import { publicJwk, TOKEN_KEYS } from "./test-keys.ts";
import { DAY, HOUR, ISSUER, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const { current, foreign } = TOKEN_KEYS;
const URI = `${ISSUER}/v1/licenses/status/0`;
const HEADER = { alg: "EdDSA", typ: "statuslist+jwt", kid: current.kid };

/** Bytes in the format of zlib. Stored, not compressed, because compressors differ in their bytes. */
const zlib = (bytes: Uint8Array): string => deflateSync(bytes, { level: 0 }).toString("base64url");

/**
 * The list of the real size (65,536 places of two bits, place 5 revoked, place 65,535 suspended) as zlib compresses it
 * at level 6. It stands here because other versions of zlib give other bytes.
 */
const WHOLE_LIST = "eJztwTEBAAAMAiAPgxt9MfYAaQAAAAAAAAAAAAAAAAAAAIBfO0CLAIU";

/** A list of two-bit places, lowest bits first; places that are not named are 0. */
function packed(places: Record<number, number>, bits = 2, size = 64): Uint8Array {
  const bytes = new Uint8Array((size * bits) / 8);
  for (const [idx, value] of Object.entries(places)) {
    const at = Math.floor((Number(idx) * bits) / 8);
    bytes[at] = (bytes[at] ?? 0) | (value << ((Number(idx) * bits) % 8));
  }
  return bytes;
}

const RAW = deflateRawSync(packed({}), { level: 0 }).toString("base64url");

/** A list whose last byte, of zlib's Adler-32, is another one. */
function otherChecksum(): string {
  const bytes = deflateSync(packed(PLACES), { level: 0 });
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return bytes.toString("base64url");
}

const PLACES = { 1: 1, 2: 2, 3: 3, 5: 1, 63: 2 };

const payloadOf = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: ISSUER,
  sub: URI,
  iat: NOW - 20,
  exp: NOW - 20 + HOUR,
  ttl: 60,
  status_list: { bits: 2, lst: zlib(packed(PLACES)) },
  ...more,
});

const listOf = (more: Record<string, unknown> = {}, header: object = {}, key = current): string =>
  signedJwt({ ...HEADER, ...header }, payloadOf(more), key);

const LIST = listOf();

const read = (status: string, name: string, idx: number, list = LIST, more: object = {}): VectorCase => ({
  name,
  list,
  uri: URI,
  idx,
  ...more,
  expected: { status },
});

const unusable = (why: string, name: string, list: string, more: object = {}): VectorCase => ({
  name,
  list,
  uri: URI,
  idx: 4,
  ...more,
  expected: { status: "unknown", why },
});

const inBits = (bits: number, places: Record<number, number>): string =>
  listOf({ status_list: { bits, lst: zlib(packed(places, bits)) } });

/** Status lists as an online verifier reads them. */
export const statusLists: VectorFile = {
  description:
    "Token status lists (IETF Token Status List, `application/statuslist+jwt`), fetched from `uri`. `invalid` is for good; " +
    "`suspended` can end; `unknown`: the list proves nothing, so the verifier has no newer status than before. The time is the later one of " +
    "`now` and `seen`.",
  now: NOW,
  issuer: ISSUER,
  jwks: { keys: [publicJwk(current)] },
  published: {
    note: "The bytes of the list behind most cases: two bits a place, lowest bits first.",
    places: PLACES,
    hex: Buffer.from(packed(PLACES)).toString("hex"),
  },
  cases: [
    read("valid", "a place without an entry", 0),
    read("valid", "a place between others", 4),
    read("invalid", "a revoked license, or a machine that was removed", 1),
    read("suspended", "a suspended or expired license", 2),
    read("invalid", "a value of which the list says nothing counts as invalid", 3),
    read("invalid", "a place in the second byte", 5),
    read("suspended", "the last place", 63),
    unusable("range", "a place beyond the list", LIST, { idx: 64 }),
    unusable("range", "a place below zero", LIST, { idx: -1 }),
    read("invalid", "a list of the real size", 5, listOf({ status_list: { bits: 2, lst: WHOLE_LIST } })),
    read(
      "suspended",
      "the last place of a list of the real size",
      65_535,
      listOf({ status_list: { bits: 2, lst: WHOLE_LIST } }),
    ),
    read("invalid", "one bit a place", 9, inBits(1, { 9: 1 })),
    read("suspended", "four bits a place", 3, inBits(4, { 3: 2 })),
    read("invalid", "eight bits a place", 3, inBits(8, { 3: 1 })),
    read("invalid", "eight bits a place, a value of nobody's", 3, inBits(8, { 3: 200 })),
    unusable("bits", "three bits a place", listOf({ status_list: { bits: 3, lst: zlib(packed({})) } })),
    unusable("deflate", "a list that is not compressed", listOf({ status_list: { bits: 2, lst: "AAAA" } })),
    unusable("deflate", "DEFLATE without the frame of zlib", listOf({ status_list: { bits: 2, lst: RAW } })),
    unusable("deflate", "another checksum of zlib", listOf({ status_list: { bits: 2, lst: otherChecksum() } })),
    unusable(
      "deflate",
      "a list that breaks off",
      listOf({ status_list: { bits: 2, lst: zlib(packed(PLACES)).slice(0, -8) } }),
    ),
    unusable("malformed", "no list", listOf({ status_list: undefined })),
    unusable("malformed", "no end", listOf({ exp: undefined })),
    unusable("malformed", "a word", "list"),
    unusable("subject", "the list of another address", listOf({ sub: `${ISSUER}/v1/licenses/status/1` })),
    unusable("subject", "no address", listOf({ sub: undefined })),
    unusable("issuer", "the list of another catalog", listOf({ iss: "https://catalog.example" })),
    unusable("type", "the type of a license token", listOf({}, { typ: "rbee-license+jwt" })),
    unusable("type", "no type", listOf({}, { typ: undefined })),
    unusable("algorithm", "the algorithm none, with a signature", listOf({}, { alg: "none" })),
    unusable("unknown_key", "the key id of a stranger", listOf({}, { kid: foreign.kid }, foreign)),
    unusable("signature", "a stranger's signature under our key id", listOf({}, {}, foreign)),
    unusable("signature", "a list in which a revoked place was cleared", cleared()),
    unusable(
      "header",
      "a critical member that this program does not know",
      listOf({}, { crit: ["exp"], exp: NOW + DAY }),
    ),
    read("invalid", "no time to live, which is optional", 1, listOf({ ttl: undefined })),
    read(
      "invalid",
      "members that this program does not know",
      1,
      listOf({ seats: 5, status_list: { bits: 2, lst: zlib(packed(PLACES)), aggregation_uri: `${ISSUER}/all` } }),
    ),
    read("valid", "it ended 59 seconds ago", 4, listOf({ exp: NOW - 59 })),
    unusable("expired", "it ended 60 seconds ago", listOf({ exp: NOW - 60 })),
    unusable("expired", "a clock that was set back below the end", LIST, { now: NOW, seen: NOW + DAY }),
    unusable("not_yet_valid", "it was made in more than 60 seconds from now", listOf({ iat: NOW + 61 })),
    read("valid", "it was made in 60 seconds from now", 4, listOf({ iat: NOW + 60 })),
  ],
};

/** The list with another payload under the same signature. */
function cleared(): string {
  const [header, , signature] = LIST.split(".");
  const other = listOf({ status_list: { bits: 2, lst: zlib(packed({})) } });
  return [header, other.split(".")[1], signature].join(".");
}
