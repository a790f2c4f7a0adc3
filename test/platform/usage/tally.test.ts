import fc from "fast-check";
import { expect, it } from "vitest";
import type { Refusal } from "../../../src/platform/usage/message.ts";
import { Tally } from "../../../src/platform/usage/tally.ts";

const refusal = (license: number): Refusal => ({
  day: 1_800_000_000,
  area: "download",
  code: "LICENSE_EXPIRED",
  worker_id: "llm-worker-rbee-premium-cpu",
  license_id: `lic_${license}`,
  place: { country: "NL", network: 1136 },
});

it("Tally: sends a single refusal at once", () => {
  const tally = new Tally<Refusal>();
  expect(tally.add(refusal(1), 100)).toEqual([{ ...refusal(1), count: 1 }]);
  expect(tally.add(refusal(1), 100)).toEqual([{ ...refusal(1), count: 1 }]);
});

it("Tally: batches a flood into few messages without loss", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { minLength: 1, maxLength: 400 }), (flood) => {
      const tally = new Tally<Refusal>();
      let now = 0;
      const tellings = new Map<number, number>();
      const told = flood.flatMap(([license, pause]) => {
        now += Math.floor(pause / 2);
        const telling = tally.add(refusal(license), now);
        if (telling.length > 0) tellings.set(now, (tellings.get(now) ?? 0) + 1);
        return telling;
      });
      told.push(...tally.add(refusal(9), now + 1));
      expect(Math.max(...tellings.values())).toBeLessThanOrEqual(20);
      for (const license of [0, 1, 2, 3]) {
        const sum = told
          .filter((one) => one.license_id === `lic_${license}`)
          .reduce((all, { count }) => all + count, 0);
        expect(sum).toBe(flood.filter(([one]) => one === license).length);
      }
    }),
  );
});

it("Tally: keeps no more than fits into a message", () => {
  const tally = new Tally<Refusal>();
  const told = Array.from({ length: 5000 }, (_, license) => tally.add(refusal(license), 100));
  told.push(tally.add(refusal(1), 101));
  for (const telling of told)
    expect(JSON.stringify({ kind: "refusals", refusals: telling }).length).toBeLessThan(128_000);
});
