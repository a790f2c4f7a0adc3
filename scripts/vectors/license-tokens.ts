import { createHash } from "node:crypto";
import { hmacJwt, jwtWith, signedJwt, TOKEN_HEADER, unreduced } from "./jwt.ts";
import { licenseId } from "./license-keys.ts";
import { publicJwk, TOKEN_KEYS } from "./test-keys.ts";
import { DAY, HOUR, ISSUER, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const { current, former, foreign } = TOKEN_KEYS;
const LICENSE = licenseId("ada");

/** The fingerprint of the machine that the tokens are for. */
const FINGERPRINT = "4a6f5c0e9b1d4e2f8a7c3b5d6e9f0a1b";

/** The `machine` claim: base64url of SHA-256 over the license and the fingerprint. */
export const machineClaim = (license: string, fingerprint: string): string =>
  createHash("sha256").update(`rbee-machine:${license}:${fingerprint}`).digest("base64url");

/** The claims of an ordinary token that was made an hour ago, with members replaced; undefined removes one. */
export const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: ISSUER,
  aud: "rbee-hive",
  sub: LICENSE,
  jti: "00000000-0000-4000-8000-000000000001",
  iat: NOW - HOUR,
  nbf: NOW - HOUR - 300,
  exp: NOW - HOUR + DAY,
  auth_time: NOW - HOUR,
  key_id: "test",
  machine: machineClaim(LICENSE, FINGERPRINT),
  plan: "premium-monthly",
  entitlements: ["llm-worker-rbee-premium-*"],
  versions: "*",
  updates_until: null,
  gen: 1,
  status: { status_list: { idx: 5, uri: `${ISSUER}/v1/licenses/status/0` } },
  ...more,
});

/** A token with these claims, and with members of its header replaced. */
const tokenOf = (more: Record<string, unknown> = {}, header: object = {}, key = current): string =>
  signedJwt({ ...TOKEN_HEADER, ...header }, claims(more), key);

const ORDINARY = tokenOf();

const good = (name: string, token: string, more: object = {}): VectorCase => ({
  name,
  token,
  ...more,
  expected: { code: "VALID" },
});

const bad = (why: string, name: string, token: string, more: object = {}): VectorCase => ({
  name,
  token,
  ...more,
  expected: { code: "TOKEN_INVALID", why },
});

const refused = (code: string, name: string, token: string, more: object = {}): VectorCase => ({
  name,
  token,
  ...more,
  expected: { code },
});

const genuine: VectorCase[] = [
  { ...good("an ordinary token", ORDINARY), expected: { code: "VALID", claims: claims() } },
  good("a token that the former key signed", tokenOf({}, { kid: former.kid }, former)),
  good("a claim that this program does not know", tokenOf({ seats: 5 })),
  good("a token of before the claims of the key", tokenOf({ auth_time: undefined, key_id: undefined })),
  good("an end of updates", tokenOf({ updates_until: NOW - DAY })),
  good("an offline lease of 30 days", tokenOf({ exp: NOW - HOUR + 30 * DAY })),
  good("no entitlement at all", tokenOf({ entitlements: [] })),
];

const forms: VectorCase[] = [
  bad("malformed", "nothing", ""),
  bad("malformed", "a word", "token"),
  bad("malformed", "two parts", ORDINARY.slice(0, ORDINARY.lastIndexOf("."))),
  bad("malformed", "four parts", `${ORDINARY}.AA`),
  bad("malformed", "a signature of no bytes", jwtWith(TOKEN_HEADER, claims(), new Uint8Array(0))),
  bad("malformed", "a signature of 63 bytes", jwtWith(TOKEN_HEADER, claims(), new Uint8Array(63))),
  bad("malformed", "a signature with padding", `${ORDINARY}==`),
  bad("malformed", "a line end after it", `${ORDINARY}\n`),
  bad("malformed", "a bit of the signature that belongs to no byte", withSpareBit(ORDINARY)),
  bad("malformed", "a header that is no JSON", `bm90IGpzb24.${ORDINARY.slice(ORDINARY.indexOf(".") + 1)}`),
  bad("too_long", "more than 4096 characters", tokenOf({ plan: "x".repeat(4_096) })),
];

const headers: VectorCase[] = [
  bad(
    "malformed",
    "the algorithm none, without a signature",
    jwtWith({ ...TOKEN_HEADER, alg: "none" }, claims(), Buffer.alloc(0)),
  ),
  bad("algorithm", "the algorithm none, with a signature", tokenOf({}, { alg: "none" })),
  bad(
    "malformed",
    "HS256 under the public key",
    hmacJwt({ ...TOKEN_HEADER, alg: "HS256" }, claims(), "sha256", current),
  ),
  bad(
    "algorithm",
    "HS512 under the public key",
    hmacJwt({ ...TOKEN_HEADER, alg: "HS512" }, claims(), "sha512", current),
  ),
  bad("algorithm", "the algorithm ES256 over a signature by Ed25519", tokenOf({}, { alg: "ES256" })),
  bad("algorithm", "the algorithm by its name in RFC 9864", tokenOf({}, { alg: "Ed25519" })),
  bad("algorithm", "no algorithm", tokenOf({}, { alg: undefined })),
  bad("type", "the type of a status list", tokenOf({}, { typ: "statuslist+jwt" })),
  bad("type", "the type of any JWT", tokenOf({}, { typ: "JWT" })),
  bad("type", "no type", tokenOf({}, { typ: undefined })),
  bad("header", "a critical member that this program does not know", tokenOf({}, { crit: ["exp"], exp: NOW + DAY })),
  bad("unknown_key", "no key id", tokenOf({}, { kid: undefined })),
  bad("unknown_key", "a key id that is a number", tokenOf({}, { kid: 2027 })),
  bad("unknown_key", "the key id of a stranger", tokenOf({}, { kid: foreign.kid }, foreign)),
  bad("signature", "a stranger's signature under our key id", tokenOf({}, {}, foreign)),
  bad("signature", "the key id of our other key", tokenOf({}, { kid: former.kid })),
  bad(
    "unknown_key",
    "a key in the header itself",
    signedJwt({ ...TOKEN_HEADER, kid: foreign.kid, jwk: publicJwk(foreign) }, claims(), foreign),
  ),
];

const signatures: VectorCase[] = [
  bad("signature", "an altered payload", withPayload(ORDINARY, tokenOf({ gen: 2 }))),
  bad("signature", "an altered header", withHeader(ORDINARY, tokenOf({}, { cty: "text" }))),
  bad("signature", "a signature of zeros", jwtWith(TOKEN_HEADER, claims(), new Uint8Array(64))),
  bad("signature", "a signature whose second half is not reduced", unreduced(ORDINARY)),
];

const contents: VectorCase[] = [
  bad("issuer", "another catalog", tokenOf({ iss: "https://catalog.example" })),
  bad("issuer", "our address with a slash", tokenOf({ iss: `${ISSUER}/` })),
  bad("issuer", "no issuer", tokenOf({ iss: undefined })),
  bad("audience", "another audience", tokenOf({ aud: "rbee-keeper" })),
  bad("audience", "a list of audiences, ours among them", tokenOf({ aud: ["rbee-hive"] })),
  bad("audience", "no audience", tokenOf({ aud: undefined })),
  bad("claims", "no end", tokenOf({ exp: undefined })),
  bad("claims", "an end that is a text", tokenOf({ exp: String(NOW + DAY) })),
  bad("claims", "no beginning", tokenOf({ nbf: undefined })),
  bad("claims", "no license", tokenOf({ sub: undefined })),
  bad("claims", "no machine", tokenOf({ machine: undefined })),
  bad("claims", "a generation that is a text", tokenOf({ gen: "1" })),
  bad("claims", "entitlements that are a text", tokenOf({ entitlements: "*" })),
  bad("claims", "no place in a status list", tokenOf({ status: undefined })),
  bad("claims", "a payload that is a list", signedJwt(TOKEN_HEADER, [claims()], current)),
  bad("claims", "a payload that is no JSON", signedJwt(TOKEN_HEADER, "not json", current)),
];

/** A token that ends at `exp`. */
const until = (exp: number): string => tokenOf({ exp });
const from = (nbf: number): string => tokenOf({ nbf, iat: nbf + 300 });
/** The last token of a chain: made by a token 18 hours before the key had to be sent again. */
const LAST_OF_CHAIN = tokenOf({
  auth_time: NOW - 31 * DAY,
  iat: NOW - DAY - 18 * HOUR,
  nbf: NOW - DAY - 18 * HOUR - 300,
  exp: NOW - DAY,
});

const times: VectorCase[] = [
  good("it ended 59 seconds ago", until(NOW - 59)),
  refused("TOKEN_EXPIRED", "it ended 60 seconds ago", until(NOW - 60)),
  refused("TOKEN_EXPIRED", "it ended an hour ago", until(NOW - HOUR)),
  good("it begins in 60 seconds", from(NOW + 60)),
  bad("not_yet_valid", "it begins in 61 seconds", from(NOW + 61)),
  bad("not_yet_valid", "a clock that is a year behind", ORDINARY, { now: NOW - 365 * DAY }),
  good("a clock that is five minutes behind the catalog's at the token's making", ORDINARY, { now: NOW - HOUR - 300 }),
  good("a clock that is a year behind, and later evidence", ORDINARY, { now: NOW - 365 * DAY, seen: NOW }),
  refused("TOKEN_EXPIRED", "a clock that was set back below the end", until(NOW - HOUR), {
    now: NOW - 2 * HOUR,
    seen: NOW,
  }),
  good("a clock that is ahead of all evidence", ORDINARY, { seen: NOW - 30 * DAY }),
  refused(
    "TOKEN_EXPIRED",
    "an expired lease that the key began",
    tokenOf({ iat: NOW - 31 * DAY, auth_time: NOW - 31 * DAY, nbf: NOW - 31 * DAY - 300, exp: NOW - DAY }),
  ),
  refused("KEY_REQUIRED", "the expired last token of a chain of renewals", LAST_OF_CHAIN),
  good("the last token of a chain of renewals before its end", LAST_OF_CHAIN, { now: NOW - DAY - HOUR }),
];

const BEES = "\u{1f41d}".repeat(256);

const machines: VectorCase[] = [
  good("its machine", ORDINARY, { fingerprint: FINGERPRINT }),
  good("its machine with blanks around", ORDINARY, { fingerprint: ` ${FINGERPRINT} ` }),
  good("a machine named beyond ASCII", tokenOf({ machine: machineClaim(LICENSE, "Büro-PC ✓") }), {
    fingerprint: "Büro-PC ✓",
  }),
  good("its machine behind a byte order mark, as a file of Windows has it", ORDINARY, {
    fingerprint: `\ufeff${FINGERPRINT}\r\n`,
  }),
  good("256 code points beyond 16 bits", tokenOf({ machine: machineClaim(LICENSE, BEES) }), { fingerprint: BEES }),
  refused("MACHINE_REQUIRED", "257 code points beyond 16 bits", ORDINARY, { fingerprint: `${BEES}\u{1f41d}` }),
  refused("MACHINE_MISMATCH", "another machine", ORDINARY, { fingerprint: "another" }),
  refused("MACHINE_MISMATCH", "its machine in capitals", ORDINARY, { fingerprint: FINGERPRINT.toUpperCase() }),
  refused("MACHINE_MISMATCH", "the same machine under another license", tokenOf({ sub: licenseId("grace") }), {
    fingerprint: FINGERPRINT,
  }),
  refused("MACHINE_REQUIRED", "a fingerprint of no characters", ORDINARY, { fingerprint: " " }),
  refused("MACHINE_REQUIRED", "a fingerprint with a control character", ORDINARY, { fingerprint: "a\u0007b" }),
  refused("MACHINE_REQUIRED", "a fingerprint of 257 characters", ORDINARY, { fingerprint: "a".repeat(257) }),
];

/** The token with the payload of another one. */
function withPayload(token: string, other: string): string {
  const [header, , signature] = token.split(".");
  return [header, other.split(".")[1], signature].join(".");
}

/** The token with the header of another one. */
function withHeader(token: string, other: string): string {
  const [, payload, signature] = token.split(".");
  return [other.split(".")[0], payload, signature].join(".");
}

/** The token with the last bit of its last symbol turned, which belongs to no byte. */
function withSpareBit(token: string): string {
  const symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + symbols.charAt(symbols.indexOf(token.slice(-1)) ^ 1);
}

/** License tokens, genuine and not, as an offline verifier judges them. */
export const licenseTokens: VectorFile = {
  description:
    "License tokens for an offline verifier that knows `jwks` and `issuer`. The time is the later one of `now` and `seen`, the " +
    "newest time that the verifier has evidence of. Without a `fingerprint` the machine is not checked.",
  now: NOW,
  issuer: ISSUER,
  jwks: { keys: [publicJwk(current), publicJwk(former)] },
  cases: [...genuine, ...forms, ...headers, ...signatures, ...contents, ...times, ...machines],
};
