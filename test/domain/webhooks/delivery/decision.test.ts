import { describe, expect, it } from "vitest";
import {
  type Attempt,
  afterRound,
  outcomeOf,
  reasonToDisable,
} from "../../../../src/domain/webhooks/delivery/decision.ts";
import { wishOf } from "../../../../src/domain/webhooks/delivery/send.ts";
import { DAY, HOUR, MINUTE } from "../../../../src/lib/time.ts";

const NOW = 1_800_000_000;
const answered = (status: number | null, retryAfter: number | null = null): Attempt => ({
  ...{ status, error: status === 200 ? null : "fault", ms: 1, retryAfter },
});
const healthy = { failures: 0, failing_since: null };

describe("a delivery", () => {
  it("is delivered by any 2xx, and by nothing else", () => {
    const first = { attempts: 0, first_attempt_at: null };
    for (const status of [200, 201, 204, 299])
      expect(outcomeOf(first, answered(status), healthy, NOW, 0.5)).toEqual({ state: "delivered" });
    for (const status of [null, 199, 301, 302, 304, 400, 404, 410, 429, 500, 503])
      expect(outcomeOf(first, answered(status), healthy, NOW, 0.5).state).toBe("pending");
  });

  it("is tried ten times over three days, each pause a tenth longer or shorter", () => {
    const pauses: number[] = [];
    for (let attempts = 0; attempts < 9; attempts++) {
      const outcome = outcomeOf({ attempts, first_attempt_at: NOW }, answered(500), healthy, NOW, 0.5);
      pauses.push(outcome.state === "pending" ? outcome.next_attempt_at - NOW : Number.NaN);
    }
    expect(pauses).toEqual([5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY]);
    expect(outcomeOf({ attempts: 9, first_attempt_at: NOW }, answered(500), healthy, NOW, 0.5)).toEqual({
      state: "failed",
    });
    const spread = [0, 1].map((random) =>
      outcomeOf({ attempts: 1, first_attempt_at: NOW }, answered(500), healthy, NOW, random),
    );
    expect(spread).toEqual([270, 330].map((pause) => ({ state: "pending", next_attempt_at: NOW + pause })));
  });

  it("is not given up while the receiver takes nothing at all", () => {
    const last = { attempts: 30, first_attempt_at: NOW - 4 * DAY };
    const down = { failures: 90, failing_since: NOW - 4 * DAY };
    expect(outcomeOf(last, answered(null), down, NOW, 0.5)).toEqual({ state: "pending", next_attempt_at: NOW + DAY });
    const once = { failures: 1, failing_since: NOW - MINUTE };
    expect(outcomeOf(last, answered(null), once, NOW, 0.5)).toEqual({ state: "failed" });
  });

  it("waits as long as the receiver asks for, a day at most", () => {
    const first = { attempts: 0, first_attempt_at: null };
    const next = (wish: number) => outcomeOf(first, answered(429, wish), healthy, NOW, 0.5);
    expect(next(HOUR)).toEqual({ state: "pending", next_attempt_at: NOW + HOUR });
    expect(next(10 * DAY)).toEqual({ state: "pending", next_attempt_at: NOW + DAY });
    expect(next(0)).toEqual({ state: "pending", next_attempt_at: NOW + 5 });
  });

  it.each([
    ["120", 120],
    [new Date((NOW + 90) * 1000).toUTCString(), 90],
    [new Date((NOW - 90) * 1000).toUTCString(), 0],
    ["soon", null],
    ["-1", null],
    [null, null],
  ])("reads the wish of Retry-After: %s", (header, wish) => {
    expect(wishOf(header, NOW)).toBe(wish);
  });
});

describe("an endpoint", () => {
  it("is left alone for longer and longer while it takes nothing, half an hour at most", () => {
    let state = { ...healthy, not_before: 0 } as ReturnType<typeof afterRound>;
    const pauses: number[] = [];
    for (let round = 0; round < 9; round++) {
      state = afterRound(state, [answered(500), answered(null)], NOW);
      pauses.push((state.not_before - NOW) / MINUTE);
    }
    expect(pauses).toEqual([0, 1, 2, 5, 10, 15, 30, 30, 30]);
    expect(state).toMatchObject({ failures: 9, failing_since: NOW });
    expect(afterRound(state, [answered(500), answered(204)], NOW)).toEqual({ ...healthy, not_before: 0 });
  });

  it("is not asked before the time that it has asked for", () => {
    expect(afterRound(healthy, [answered(200), answered(429, 600)], NOW).not_before).toBe(NOW + 600);
    expect(afterRound(healthy, [answered(503, 600)], NOW).not_before).toBe(NOW + 600);
  });

  it("is disabled after five days without a success, and at once if it is gone", () => {
    const since = (days: number) => ({ failing_since: NOW - days * DAY });
    expect(reasonToDisable(since(4.9), [answered(500)], NOW)).toBeNull();
    expect(reasonToDisable(since(5), [answered(500)], NOW)).toBe("failing");
    expect(reasonToDisable({ failing_since: null }, [answered(200), answered(410)], NOW)).toBe("gone");
    expect(reasonToDisable({ failing_since: null }, [answered(200)], NOW)).toBeNull();
  });
});
