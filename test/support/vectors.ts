import * as z from "zod";
import coverageJson from "../../docs/vectors/coverage.json";
import fingerprintsJson from "../../docs/vectors/fingerprints.json";
import keySetsJson from "../../docs/vectors/key-sets.json";
import licenseKeysJson from "../../docs/vectors/license-keys.json";
import licenseTokensJson from "../../docs/vectors/license-tokens.json";
import releaseIndexesJson from "../../docs/vectors/release-indexes.json";
import resolveJson from "../../docs/vectors/resolve.json";
import signaturesJson from "../../docs/vectors/signatures.json";
import statusListsJson from "../../docs/vectors/status-lists.json";

/** The files of docs/vectors, in the shapes that docs/vectors/README.md gives. Other members are refused. */

const Jwks = z.strictObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** A file of cases. `more` are the members that belong to all of them. */
const fileOf = <More extends z.ZodRawShape, Case extends z.ZodType>(more: More, oneCase: Case) =>
  z.strictObject({ description: z.string(), now: z.int(), ...more, cases: z.array(oneCase).min(1) });

const expectedOf = <Codes extends readonly [string, ...string[]]>(codes: Codes) => ({
  code: z.enum(codes),
  why: z.string().optional(),
});

export const licenseKeys = fileOf(
  { license_key_secret: z.hex() },
  z.strictObject({
    name: z.string(),
    input: z.string(),
    expected: z.strictObject({
      clean: z.string(),
      kind: z.enum(["key", "token", "other"]),
      well_formed: z.boolean(),
      code: z.enum(["VALID", "KEY_INVALID"]).nullable(),
      license_id: z.string().optional(),
      generation: z.int().optional(),
    }),
  }),
).parse(licenseKeysJson);

export const licenseTokens = fileOf(
  { issuer: z.url(), jwks: Jwks },
  z.strictObject({
    name: z.string(),
    token: z.string(),
    now: z.int().optional(),
    seen: z.int().optional(),
    fingerprint: z.string().optional(),
    expected: z.strictObject({
      ...expectedOf([
        "VALID",
        "TOKEN_INVALID",
        "TOKEN_EXPIRED",
        "KEY_REQUIRED",
        "MACHINE_MISMATCH",
        "MACHINE_REQUIRED",
      ]),
      claims: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
).parse(licenseTokensJson);

export const keySets = fileOf(
  { issuer: z.url() },
  z.strictObject({
    name: z.string(),
    jwks: Jwks,
    token: z.string(),
    expected: z.strictObject(expectedOf(["VALID", "TOKEN_INVALID"])),
  }),
).parse(keySetsJson);

export const coverage = fileOf(
  {},
  z.strictObject({
    name: z.string(),
    grant: z.strictObject({
      entitlements: z.array(z.string()),
      versions: z.string(),
      updates_until: z.int().nullable(),
    }),
    worker_id: z.string(),
    version: z.string(),
    published_at: z.int(),
    expected: z.strictObject(expectedOf(["VALID", "NOT_ENTITLED", "VERSION_NOT_COVERED"])),
  }),
).parse(coverageJson);

export const statusLists = fileOf(
  {
    issuer: z.url(),
    jwks: Jwks,
    published: z.strictObject({ note: z.string(), places: z.record(z.string(), z.int()), hex: z.hex() }),
  },
  z.strictObject({
    name: z.string(),
    list: z.string(),
    uri: z.url(),
    idx: z.int(),
    now: z.int().optional(),
    seen: z.int().optional(),
    expected: z.strictObject({
      status: z.enum(["valid", "invalid", "suspended", "unknown"]),
      why: z.string().optional(),
    }),
  }),
).parse(statusListsJson);

export const releaseIndexes = fileOf(
  { release_keys: z.string() },
  z.strictObject({
    name: z.string(),
    worker_id: z.string(),
    index: z.string(),
    index_minisig: z.string(),
    index_key: z.string(),
    index_key_minisig: z.string(),
    seen: z.strictObject({ delegated_at: z.int(), serial: z.int() }),
    now: z.int().optional(),
    expected: z.discriminatedUnion("code", [
      z.strictObject({
        code: z.literal("VALID"),
        serial: z.int(),
        latest: z.string().nullable(),
        delegated_at: z.int(),
      }),
      z.strictObject({ code: z.literal("REFUSED"), why: z.string(), retry: z.boolean() }),
    ]),
  }),
).parse(releaseIndexesJson);

export const signatures = fileOf(
  { public_keys: z.string() },
  z.strictObject({
    name: z.string(),
    content: z.string(),
    minisig: z.string(),
    file: z.strictObject({
      worker_id: z.string(),
      version: z.string(),
      filename: z.string(),
      size: z.int(),
      sha256: z.string(),
    }),
    expected: z.strictObject(expectedOf(["VALID", "REFUSED"])),
  }),
).parse(signaturesJson);

export const fingerprints = fileOf(
  {},
  z.union([
    z.strictObject({
      name: z.string(),
      machine_id: z.string(),
      expected: z.strictObject({ fingerprint: z.string().nullable() }),
    }),
    z.strictObject({
      name: z.string(),
      license_id: z.string(),
      fingerprint: z.string(),
      expected: z.strictObject({ machine: z.string() }),
    }),
  ]),
).parse(fingerprintsJson);

export const resolve = fileOf(
  { catalog: z.array(z.looseObject({ worker_id: z.string() })) },
  z.strictObject({
    name: z.string(),
    machine: z.looseObject({}),
    worker: z.string().optional(),
    version: z.string().optional(),
    channel: z.enum(["stable", "rc", "beta", "alpha"]).optional(),
    license: z
      .strictObject({ entitlements: z.array(z.string()), versions: z.string(), updates_until: z.int().nullable() })
      .nullable(),
    expected: z.strictObject({
      filename: z.string().nullable(),
      untried: z.boolean(),
      codes: z.record(z.string(), z.string()),
    }),
  }),
).parse(resolveJson);
