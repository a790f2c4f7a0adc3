import fc from "fast-check";
import { expect, it } from "vitest";
import { renewalTime } from "../../../../src/domain/licensing/token/token.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";

const NOW = 1_800_000_000;

it("renewalTime: lies from half to 85 % of the lifetime, for any lifetime", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 * DAY }), random, (lifetime, drawn) => {
      const after = renewalTime(NOW, NOW + lifetime, drawn) - NOW;
      expect(after).toBeGreaterThanOrEqual(Math.floor(lifetime / 2));
      expect(after).toBeLessThanOrEqual(lifetime * 0.85);
    }),
  );
});

it("renewalTime: spreads the renewals of one moment over more than eight hours", () => {
  const times = Array.from({ length: 1000 }, (_, n) => renewalTime(NOW, NOW + DAY, n / 1000));
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(8 * HOUR);
});
