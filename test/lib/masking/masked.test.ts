import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCrockford } from "../../../src/lib/crockford.ts";
import { encodeBase64Url } from "../../../src/lib/encoding.ts";
import { holdsCredential, holdsSecret, KnownSecrets, masked } from "../../../src/lib/masking/masked.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** A secret and its random part. */
const secret = fc.oneof(
  bytes(34).map((random) => ({ prefix: "rbee_lic_", random: encodeCrockford(random) })),
  bytes(34).map((random) => ({ prefix: "RBEE_LIC_", random: encodeCrockford(random).toLowerCase() })),
  bytes(32).map((random) => ({ prefix: "rbee_adm_", random: encodeBase64Url(random) })),
  fc.tuple(bytes(48), bytes(64)).map(([payload, signature]) => ({
    prefix: "eyJhbGciOiJFZERTQSJ9.eyJ",
    random: `${encodeBase64Url(payload)}.${encodeBase64Url(signature)}`,
  })),
);

/** The things that get between the characters of a secret, and the encodings of these things in a message. */
const dirt = fc.constantFrom(
  ...[
    "-",
    "\u2011",
    "\u00ad",
    "\u200b",
    "\ufeff",
    "\u2060",
    "'",
    '"',
    "”",
    "%E2%80%8B",
    "%C2%AD",
    "\\u200b",
    "\\u{200b}",
  ],
  ...["\ufffd", "\u202e", "\x1b", "%22"],
);

const mangled = (text: string) =>
  fc
    .array(fc.tuple(fc.nat(text.length), dirt), { maxLength: 12 })
    .map((places) =>
      [...places]
        .sort(([a], [b]) => b - a)
        .reduce((rest, [at, what]) => rest.slice(0, at) + what + rest.slice(at), text),
    );

const around = fc.constantFrom("", "Headers.set: ", 'error: unknown command "', "GET /v1/x?key=", "a=1&k=", "[", " ");
const behind = fc.constantFrom("", '" is an invalid header value.', " is not a worker", "&b=2", ": 404", ".", "/x");

/** Eight letters or digits of the secret in a row, whatever else stands between them. */
function traces(random: string, text: string): string[] {
  const plain = (whole: string) => whole.replaceAll(/%[0-9A-F]{2}|\\u\{?[0-9a-f]{4}\}?|\\x0a|\\n|[^0-9A-Za-z]/g, "");
  const [letters, shown] = [plain(random), plain(text)];
  return Array.from({ length: letters.length - 7 }, (_, at) => letters.slice(at, at + 8)).filter((part) =>
    shown.includes(part),
  );
}

describe("masked", () => {
  it("leaves no eight characters of a key or token in a row, however it was copied", () => {
    const cases = fc
      .tuple(around, secret, behind)
      .chain(([before, { prefix, random }, after]) =>
        mangled(random).map((sent) => ({ random, text: `${before}${prefix}${sent}${after}` })),
      );
    fc.assert(
      fc.property(cases, ({ random, text }) => {
        expect(traces(random, masked(text))).toEqual([]);
        expect(holdsCredential(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no eight characters of a key or token that was wrapped into lines", () => {
    const breaks = fc.constantFrom("\n", "\r\n    ", " ", "%0A", "\\n", "\\r\\n", "+", "\n> ");
    fc.assert(
      fc.property(
        around,
        secret,
        fc.integer({ min: 20, max: 60 }),
        breaks,
        (before, { prefix, random }, width, gap) => {
          const lines = random.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
          expect(traces(random, masked(`${before}${prefix}${lines.join(gap)} is invalid.`))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      "a blank after every four characters",
      "rbee_lic_0DJ5 9QXM 2V7T 0000 K3WZ is not a worker.",
      "rbee_lic_(masked) is not a worker.",
    ],
    ["a line break in a mail", "key rbee_lic_0DJ59QXM2V7T\n0000K3WZ8P.", "key rbee_lic_(masked)."],
    ["percent-encoding", "/x?q=rbee%5Flic%5F0DJ59%51XM2V7T&n=1", "/x?q=rbee_lic_(masked)&n=1"],
    ["a blank after the prefix", "rbee_adm_ aB3dE5gH7jK9", "rbee_adm_(masked)"],
    [
      "a message of Node",
      'Headers.set: "Bearer rbee_lic_0DJ59\n" is an invalid',
      'Headers.set: "Bearer rbee_lic_(masked)\n" is an invalid',
    ],
    ["the password of a proxy", "http://ada:s3cret@proxy:3128 refuses", "http://(masked)@proxy:3128 refuses"],
    ["a token without a prefix", "Authorization: Bearer 0123-abc_\u200bdef", "Authorization: Bearer (masked)"],
  ])("finds a secret with %s", (_, text, shown) => {
    expect(masked(text)).toBe(shown);
  });

  it.each([
    "Set RBEE_LICENSE_KEY (rbee_lic_...) or RBEE_ADMIN_TOKEN (rbee_adm_...).",
    "A key starts with rbee_lic_ and a token with rbee_adm_, in any case.",
    "100%ab of C:\\new\\x0 use of rbee_license_9 is 3 MiB",
    "GET https://catalog.test/v1/workers//x 404",
  ])("leaves %j unchanged", (text) => {
    expect(masked(text)).toBe(text);
    expect(holdsSecret(text)).toBe(false);
  });

  it("takes linear time on a long text of beginnings", () => {
    const text = "rbee_lic_".repeat(50_000);
    expect(masked(text).length).toBeLessThan(text.length);
  });
});

describe("the known secrets", () => {
  it("are hidden without their prefix, in any case and spelling", () => {
    const cases = secret.chain(({ random }) => fc.tuple(fc.constant(random), mangled(random)));
    fc.assert(
      fc.property(cases, around, ([random, sent], before) => {
        const known = new KnownSecrets();
        known.add(random);
        const shown = known.hide(`${before}${sent} and ${random.toLowerCase()}`);
        expect(traces(random, shown)).toEqual([]);
        expect(traces(random.toLowerCase(), shown)).toEqual([]);
      }),
    );
  });

  it("leave the id of their license readable, and every other text", () => {
    const known = new KnownSecrets();
    const key = `rbee_lic_06B4M2V8W5R7Q1T3X9Z2K4N6P80000${"A7".repeat(10)}`;
    known.add(key);
    const text = "License lic_06b4m2v8w5r7q1t3x9z2k4n6p8 of ada@example.com is active.";
    expect(known.hide(text)).toBe(text);
    expect(known.hide(`${text} ${key.slice(9)}`)).toBe(`${text} (masked)`);
  });

  it("ignore a text that is too short to be a secret", () => {
    const known = new KnownSecrets();
    known.add("t");
    known.add("worker");
    expect(known.hide("the worker")).toBe("the worker");
  });
});
