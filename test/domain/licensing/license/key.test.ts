import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatLicenseKey,
  importLicenseKeySecret,
  parseLicenseKey,
} from "../../../../src/domain/licensing/license/key.ts";
import { formatId } from "../../../../src/lib/id.ts";

const secret = await importLicenseKeySecret(crypto.getRandomValues(new Uint8Array(32)));
const other = await importLicenseKeySecret(crypto.getRandomValues(new Uint8Array(32)));
const ids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => formatId("lic", bytes));
const generations = fc.integer({ min: 0, max: 0xffff });

describe("license keys", () => {
  it("give their license and generation, in any case and with spaces around them", async () => {
    await fc.assert(
      fc.asyncProperty(ids, generations, async (licenseId, generation) => {
        const key = await formatLicenseKey({ licenseId, generation }, secret);
        expect(key).toMatch(/^rbee_lic_[0-9A-HJKMNP-TV-Z]{55}$/);
        for (const spelling of [key, key.toLowerCase(), key.toUpperCase(), ` ${key}\n`]) {
          expect(await parseLicenseKey(spelling, secret)).toEqual({ ok: true, value: { licenseId, generation } });
        }
      }),
    );
  });

  it("are understood with anything that a copy has gained, and lead to one license in each spelling", async () => {
    const gained = fc.constantFrom(
      ..."-\u2010\u2013\u2212\u00ad\u200b\u200d\u2060\ufeff\u202e \u00a0\n\r\t\"'“”`\ufffd\x00".split(""),
    );
    const places = fc.array(fc.tuple(fc.nat({ max: 64 }), gained), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(ids, generations, places, async (licenseId, generation, added) => {
        const key = await formatLicenseKey({ licenseId, generation }, secret);
        const copied = [...added]
          .sort(([a], [b]) => b - a)
          .reduce((text, [at, what]) => text.slice(0, at) + what + text.slice(at), key);
        const alike = copied.replaceAll("0", "o").replaceAll("1", "I");
        for (const spelling of [copied, alike, `"${alike}"\r\n`]) {
          expect(await parseLicenseKey(spelling, secret)).toEqual({ ok: true, value: { licenseId, generation } });
        }
        expect((await parseLicenseKey(copied, other)).ok).toBe(false);
      }),
    );
  });

  it("are refused when any symbol differs, when cut or lengthened, and when made under another secret", async () => {
    await fc.assert(
      fc.asyncProperty(
        ids,
        fc.nat({ max: 54 }),
        fc.constantFrom(..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
        async (licenseId, at, symbol) => {
          const key = await formatLicenseKey({ licenseId, generation: 0 }, secret);
          const place = "rbee_lic_".length + at;
          fc.pre(key[place] !== symbol);
          const altered = key.slice(0, place) + symbol + key.slice(place + 1);
          for (const text of [altered, key.slice(0, -1), `${key}0`]) {
            expect(await parseLicenseKey(text, secret)).toMatchObject({ ok: false, error: { code: "KEY_INVALID" } });
          }
          expect((await parseLicenseKey(key, other)).ok).toBe(false);
        },
      ),
    );
  });

  it("are refused, without an exception, for any other text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        expect((await parseLicenseKey(text, secret)).ok).toBe(false);
        expect((await parseLicenseKey(`rbee_lic_${text}`, secret)).ok).toBe(false);
      }),
    );
  });
});
