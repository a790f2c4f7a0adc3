import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Link, openLink, sealLink } from "../../../src/domain/delivery/link.ts";
import { LINK_LIFETIME } from "../../../src/domain/delivery/presigned.ts";
import { importSealKey } from "../../../src/lib/sealed-text.ts";

const secret = await importSealKey(crypto.getRandomValues(new Uint8Array(32)));
const other = await importSealKey(crypto.getRandomValues(new Uint8Array(32)));
const NOW = 1_800_000_000;

const links: fc.Arbitrary<Link> = fc.record({
  id: fc.string(),
  issuedAt: fc.integer({ min: NOW - LINK_LIFETIME + 1, max: NOW }),
  workerId: fc.string(),
  version: fc.string(),
  filename: fc.string({ unit: "binary", maxLength: 100 }),
  holder: fc.option(fc.record({ licenseId: fc.string(), machine: fc.string(), generation: fc.nat({ max: 65_535 }) }), {
    nil: null,
  }),
});

describe("a download link", () => {
  it("opens with the sealed content, and has no dot, slash or query in it", async () => {
    await fc.assert(
      fc.asyncProperty(links, async (link) => {
        const opaque = await sealLink(link, secret);
        expect(opaque).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(await openLink(opaque, secret, NOW)).toEqual({ ok: true, value: link });
      }),
    );
  });

  it("expires after five minutes and not before", async () => {
    await fc.assert(
      fc.asyncProperty(links, async (link) => {
        const opaque = await sealLink(link, secret);
        expect((await openLink(opaque, secret, link.issuedAt + 299)).ok).toBe(true);
        expect(await openLink(opaque, secret, link.issuedAt + 300)).toMatchObject({ error: { code: "LINK_EXPIRED" } });
      }),
    );
  });

  it("is refused if any character is altered, if it is cut or lengthened, or sealed with another secret", async () => {
    await fc.assert(
      fc.asyncProperty(links, fc.nat(), fc.constantFrom(..."ABCxyz019-_"), async (link, at, character) => {
        const opaque = await sealLink(link, secret);
        const place = at % opaque.length;
        fc.pre(opaque[place] !== character);
        for (const text of [
          opaque.slice(0, place) + character + opaque.slice(place + 1),
          opaque.slice(0, place),
          `${opaque}A`,
          await sealLink(link, other),
        ]) {
          expect(await openLink(text, secret, NOW)).toMatchObject({ error: { code: "LINK_INVALID" } });
        }
      }),
    );
  });

  it("is refused without an exception for any other text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        expect((await openLink(text, secret, NOW)).ok).toBe(false);
      }),
    );
    expect((await openLink("A".repeat(10_000_000), secret, NOW)).ok).toBe(false);
  });
});
