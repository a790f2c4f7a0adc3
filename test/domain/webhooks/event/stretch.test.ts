import { describe, expect, it } from "vitest";
import { type Examined, stretchOf } from "../../../../src/domain/webhooks/event/stretch.ts";
import { actionsOf, EVENT_TYPES, isTypePattern } from "../../../../src/domain/webhooks/event/types.ts";
import type { AuditEntry } from "../../../../src/platform/identity/audit-store.ts";
import { ACTIONS } from "../../../../src/platform/storage/actions.ts";

const entry = (sequence: number): AuditEntry => ({
  ...{ sequence, id: `chg_${sequence}`, at: 1, actor: "system", action: "license.revoke", subject: "lic_1" },
  ...{ reason: null, details: {}, request_id: null, client_request_id: null },
});

const matching = (...places: number[]): Examined[] => places.map((place) => ({ place, entry: entry(place) }));
const other = (...places: number[]): Examined[] => places.map((place) => ({ place, entry: null }));

describe("a stretch of the sequence", () => {
  it("ends at the limit, and continues after its last entry", () => {
    const { entries, ...rest } = stretchOf(matching(3, 4, 5), { after: 2, last: 9, limit: 2, isWhole: false });
    expect(entries.map(({ sequence }) => sequence)).toEqual([3, 4]);
    expect(rest).toEqual({ forgotten: [], through: 4, last: 9 });
  });

  it("passes over the entries of other types without naming them", () => {
    const stretch = stretchOf(other(1, 2, 3), { after: 0, last: 3, limit: 10, isWhole: true });
    expect(stretch).toEqual({ entries: [], forgotten: [], through: 3, last: 3 });
  });

  it("names the numbers that have no entry: in front, between two, and behind the last", () => {
    const examined = [...matching(3), ...other(4), ...matching(7)];
    const { forgotten, through } = stretchOf(examined, { after: 0, last: 9, limit: 10, isWhole: true });
    expect(forgotten).toEqual([
      { from: 1, to: 2 },
      { from: 5, to: 6 },
      { from: 8, to: 9 },
    ]);
    expect(through).toBe(9);
  });

  it("says nothing about numbers that it has not examined", () => {
    const stretch = stretchOf(other(1, 2), { after: 0, last: 9, limit: 10, isWhole: false });
    expect(stretch).toMatchObject({ forgotten: [], through: 2 });
  });

  it("is empty at the end of the sequence", () => {
    const stretch = stretchOf([], { after: 9, last: 9, limit: 10, isWhole: true });
    expect(stretch).toEqual({ entries: [], forgotten: [], through: 9, last: 9 });
  });
});

describe("types of events", () => {
  it("have the form of the Standard Webhooks specification", () => {
    for (const type of EVENT_TYPES) expect(type).toMatch(/^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)+$/);
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
  });

  it("can be named one by one and by group", () => {
    expect(actionsOf(["license.follow_payment"])).toEqual(["license.follow-payment"]);
    expect(actionsOf(["machine.*"])).toEqual(ACTIONS.filter((action) => action.startsWith("machine.")));
    expect(actionsOf([])).toBeNull();
    expect(["license.follow-payment", "license", "lic.*", ".*", "*", ""].filter(isTypePattern)).toEqual([]);
  });
});
