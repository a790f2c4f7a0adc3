import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { holdsSeat, holdsSeatSql } from "../../../../src/domain/licensing/license/seats.ts";

const NOW = 1_800_000_000;
const nearNow = fc.integer({ min: NOW - 9_000, max: NOW + 9_000 });

const seat = fc.record({
  idle: fc.constantFrom(null, 3_600, 7_200),
  deactivated_at: fc.option(nearNow, { nil: null }),
  last_seen_at: fc.oneof(nearNow, fc.constantFrom(NOW, NOW - 3_600, NOW - 7_200, NOW - 3_601)),
  lease_until: fc.oneof(fc.constant(0), nearNow, fc.constantFrom(NOW, NOW + 1)),
});

it("a seat is held in SQL exactly if it is held by the function", async () => {
  const samples = fc.sample(seat, 400);
  const { results } = await env.DB.prepare(
    `SELECT value ->> 'id' AS id, ${holdsSeatSql("(value ->> 'idle')")
      .replaceAll("lease_until", "(value ->> 'lease_until')")
      .replaceAll("deactivated_at", "(value ->> 'deactivated_at')")
      .replaceAll("last_seen_at", "(value ->> 'last_seen_at')")} AS held
     FROM json_each(?2) ORDER BY key`,
  )
    .bind(NOW, JSON.stringify(samples))
    .all<{ held: number }>();
  const held = samples.map((sample) => holdsSeat({ seat_idle_seconds: sample.idle }, sample, NOW));
  expect(results.map((row) => row.held === 1)).toEqual(held);
  expect(new Set(held).size).toBe(2);
});
