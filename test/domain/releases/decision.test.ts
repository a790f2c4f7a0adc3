import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  nextStatus,
  RELEASE_ACTIONS,
  RELEASE_STATUSES,
  type ReleaseStatus,
} from "../../../src/domain/releases/decision.ts";

const reached: Record<string, ReleaseStatus> = {
  publish: "published",
  yank: "yanked",
  unyank: "published",
  block: "blocked",
};

describe("the life of a release", () => {
  it("allows exactly these steps", () => {
    const steps = RELEASE_STATUSES.flatMap((from) =>
      RELEASE_ACTIONS.flatMap((action) => {
        const next = nextStatus(from, action);
        return next.ok && next.value !== from ? [`${from} -${action}-> ${next.value}`] : [];
      }),
    );
    expect(steps).toEqual([
      "draft -publish-> published",
      "published -yank-> yanked",
      "published -block-> blocked",
      "yanked -unyank-> published",
      "yanked -block-> blocked",
    ]);
  });

  it("never leaves blocked, never returns to draft, and accepts every step twice", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...RELEASE_ACTIONS), { maxLength: 30 }), (actions) => {
        let status: ReleaseStatus = "draft";
        for (const action of actions) {
          const next = nextStatus(status, action);
          if (status === "blocked") expect(next.ok).toBe(action === "block");
          if (!next.ok) continue;
          expect(next.value).toBe(reached[action]);
          expect(nextStatus(next.value, action)).toEqual(next);
          status = next.value;
        }
        expect(status === "draft").toBe(!actions.includes("publish"));
      }),
    );
  });
});
