import { describe, expect, it } from "vitest";
import { parseActor } from "../../../src/platform/storage/ledger.ts";

describe("the name of an actor", () => {
  it.each([
    ["token:adm_1", { kind: "token", id: "adm_1" }],
    ["access:ada@example.com", { kind: "access", id: "ada@example.com" }],
    ["stripe:evt_1", { kind: "stripe", id: "evt_1" }],
    ["account:a:b", { kind: "account", id: "a:b" }],
    ["system", { kind: "system" }],
    ["reconciliation", { kind: "reconciliation" }],
  ])("%s has the parts %o", (name, parts) => {
    expect(parseActor(name)).toEqual(parts);
  });

  it.each(["", "token", "robot:1", "system:1", ":adm_1"])("%j is no actor's", (name) => {
    expect(parseActor(name)).toBeNull();
  });
});
