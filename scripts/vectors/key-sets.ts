import { signedJwt, TOKEN_HEADER } from "./jwt.ts";
import { claims } from "./license-tokens.ts";
import { publicJwk, TOKEN_KEYS } from "./test-keys.ts";
import { DAY, ISSUER, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const { current, former, foreign } = TOKEN_KEYS;
const BY_CURRENT = signedJwt(TOKEN_HEADER, claims(), current);
const BY_FORMER = signedJwt({ ...TOKEN_HEADER, kid: former.kid }, claims(), former);

const RSA = { kty: "RSA", kid: "rsa", n: "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri", e: "AQAB" };
const ELLIPTIC = {
  kty: "EC",
  crv: "P-256",
  kid: "p-256",
  x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
  y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
};

const verified = (name: string, keys: object[], token = BY_CURRENT): VectorCase => ({
  name,
  jwks: { keys },
  token,
  expected: { code: "VALID" },
});

const unknown = (name: string, keys: object[], token = BY_CURRENT): VectorCase => ({
  name,
  jwks: { keys },
  token,
  expected: { code: "TOKEN_INVALID", why: "unknown_key" },
});

/** Key sets, as the catalog serves them through a rotation of its key. */
export const keySets: VectorFile = {
  description:
    "Key sets of `/.well-known/jwks.json` and a token each. A verifier skips the keys that it cannot use, and those whose `exp` " +
    "has passed. That time has no tolerance, because it is the catalog's own.",
  now: NOW,
  issuer: ISSUER,
  cases: [
    verified("one key", [publicJwk(current)]),
    verified(
      "the former key, whose overlap has not ended",
      [publicJwk(current), { ...publicJwk(former), exp: NOW + 1 }],
      BY_FORMER,
    ),
    unknown(
      "the former key, whose overlap ends now",
      [publicJwk(current), { ...publicJwk(former), exp: NOW }],
      BY_FORMER,
    ),
    unknown(
      "the former key, whose overlap has ended",
      [publicJwk(current), { ...publicJwk(former), exp: NOW - DAY }],
      BY_FORMER,
    ),
    unknown("the former key was removed", [publicJwk(current)], BY_FORMER),
    unknown("no key", []),
    unknown("another key alone", [publicJwk(foreign)]),
    verified("keys of other kinds are skipped", [RSA, ELLIPTIC, publicJwk(current)]),
    verified("a key that is too short is skipped", [{ ...publicJwk(former), x: "AAAA" }, publicJwk(current)]),
    verified("a key without an id is skipped", [{ ...publicJwk(former), kid: undefined }, publicJwk(current)]),
    verified("members that this program does not know", [{ ...publicJwk(current), x5t: "AAAA", note: "test" }]),
    unknown("a key of another kind under the token's key id", [{ ...RSA, kid: current.kid }]),
  ],
};
