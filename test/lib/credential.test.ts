import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanSecret, hashAdminToken, isAdminToken, newAdminToken } from "../../src/lib/credential.ts";
import { holdsCredential, masked } from "../../src/lib/masking/masked.ts";

describe("an admin token", () => {
  it("is new each time and stored as a digest, not as itself", async () => {
    const [one, other] = [newAdminToken(), newAdminToken()];
    expect(isAdminToken(one)).toBe(true);
    expect(one).not.toBe(other);
    expect(await hashAdminToken(one)).toBe(await hashAdminToken(one));
    expect(await hashAdminToken(one)).not.toBe(await hashAdminToken(other));
    expect(one).not.toContain(await hashAdminToken(one));
  });

  it("is not a text that has lost, gained or changed a part", () => {
    const token = newAdminToken();
    for (const text of [token.slice(0, -1), `${token}A`, `x${token}`, token.toUpperCase(), `${token}\n`, ""]) {
      expect(isAdminToken(text)).toBe(false);
    }
  });
});

describe("a secret that a person pasted", () => {
  const key = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
  const token = newAdminToken();

  it.each([
    ["a line end of Windows", (text: string) => `${text}\r\n`],
    ["a byte order mark", (text: string) => `\ufeff${text}`],
    ["quotes", (text: string) => `"${text}"`],
    ["the quotes of a word processor", (text: string) => ` “${text}” `],
    ["a line break in it", (text: string) => `${text.slice(0, 30)}\n  ${text.slice(30)}`],
    ["zero-width characters", (text: string) => `\u200b${text.slice(0, 20)}\u2060${text.slice(20)}\u200d`],
    ["a soft hyphen", (text: string) => `${text.slice(0, 30)}\u00ad${text.slice(30)}`],
    ["the hyphen of a list before it", (text: string) => `- ${text}`],
  ])("is understood with %s", (_, copied) => {
    expect(cleanSecret(copied(key))).toBe(key);
    expect(cleanSecret(copied(token))).toBe(token);
    expect(cleanSecret(copied("eyJh-b_c.eyJ-d_e.-f_"))).toBe("eyJh-b_c.eyJ-d_e.-f_");
  });

  it("loses the hyphens of a license key and keeps those of a token", () => {
    expect(cleanSecret("rbee_lic_0A1B-2C3D–4E5")).toBe("rbee_lic_0A1B2C3D4E5");
    expect(cleanSecret("rbee_adm_a-b--")).toBe("rbee_adm_a-b--");
  });

  it("is cleaned once: a second time changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(cleanSecret(cleanSecret(text))).toBe(cleanSecret(text));
      }),
    );
  });
});

describe("holdsCredential", () => {
  it.each([
    ["a license key", "rbee_lic_06b4m2v8w5r7q1t3x9z2k4n6p8"],
    ["a key in capitals, within other text", "key=RBEE_LIC_06B4M2"],
    ["an admin token", "rbee_adm_c0ffee"],
    ["a signed token", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln"],
    ["a token with something right before it", "?q=%20eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0"],
  ])("is true for %s", (_, text) => {
    expect(holdsCredential(text)).toBe(true);
  });

  it.each(["", "ada@example.com", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8", "eyJ", "eyJorn x.", "monkeyjar.example"])(
    "does not: %s",
    (text) => {
      expect(holdsCredential(text)).toBe(false);
    },
  );

  it("is true if a word that contains the start of a token ends in a dot", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[eyJ.x -]{0,40}$/), (text) => {
        expect(holdsCredential(text)).toBe(
          text
            .split(".")
            .slice(0, -1)
            .some((part) => /eyJ[\w-]*$/.test(part)),
        );
      }),
    );
  });

  it("searches a long text of token starts to its end", () => {
    const text = "eyJ".repeat(300_000);
    expect([holdsCredential(text), holdsCredential(`${text}.`)]).toEqual([false, true]);
  });
});

describe("masked", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_-]{20,60}$/);
  const secret = fc.oneof(
    word.map((text) => ({ secret: text, sent: `rbee_lic_${text}` })),
    word.map((text) => ({ secret: text, sent: `RBEE_ADM_${text}` })),
    word.map((text) => ({ secret: text, sent: `eyJ${text}.eyJ${text}.${text}` })),
    word.map((text) => ({ secret: text, sent: `Basic ${text}` })),
    word.map((text) => ({ secret: text, sent: `bearer ${text}` })),
    word.map((text) => ({ secret: text, sent: `https://catalog.test/dl/${text}` })),
    word.map((text) => ({ secret: text, sent: `/recover/${text}` })),
    fc
      .stringMatching(/^[A-Za-z0-9]{20,60}$/)
      .chain((text) =>
        fc.constantFrom("sk_live_", "rk_test_", "whsec_").map((kind) => ({ secret: text, sent: kind + text })),
      ),
    fc.emailAddress().map((mail) => ({ secret: mail, sent: mail })),
  );
  const around = fc.stringMatching(/^[a-z .:,"{}]{0,20}$/);

  it("removes each credential, signed link and mail address, wherever it is in the text", () => {
    fc.assert(
      fc.property(around, secret, around, (before, { secret, sent }, after) => {
        expect(masked(`${before} ${sent} ${after}`)).not.toContain(secret);
      }),
    );
  });

  it("leaves every other text unchanged", () => {
    const text =
      "GET /v1/workers/{id}/versions 200 lic_06b3 adm_06b4 cus_12 D1_ERROR: no such table at x (/app/node_modules/.pnpm/hono@4.13.19/dist/compose.js:22:8)";
    expect(masked(text)).toBe(text);
  });

  it("searches a long text of token starts to its end", () => {
    const text = "eyJ".repeat(300_000);
    expect(masked(`${text} eyJhbGciOiJFZERTQSJ9.e30.c2ln`)).toBe(`${text} (masked token)`);
  });

  it("finds a token right after another character", () => {
    expect(masked("v=%20eyJhbGciOiJFZERTQSJ9.e30.c2ln!")).toBe("v=%(masked token)!");
  });
});
