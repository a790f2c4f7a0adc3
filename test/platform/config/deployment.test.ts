import { describe, expect, it } from "vitest";
import { mismatchOf } from "../../../src/platform/config/deployment.ts";

const OWN = { name: "", public_url: "https://catalog.test", livemode: false };

describe("mismatchOf", () => {
  it("names each difference with both values, or returns null", () => {
    expect(mismatchOf(OWN, OWN)).toBeNull();
    expect(mismatchOf(OWN, { ...OWN, name: "copy", livemode: true })).toBe(
      'The ledger belongs to another deployment: name is "copy" here and "" there; livemode is "true" here and "false" there.',
    );
  });
});
