import { describe, expect, it } from "vitest";
import { ReleaseIndex } from "../../../src/domain/delivery/index/release-index.ts";
import { catalogWorkerOfIndex } from "../../../src/domain/resolution/catalog.ts";
import { choose } from "../../../src/domain/resolution/choose.ts";
import { machineSchema } from "../../../src/domain/resolution/machine.ts";
import { machine } from "../../support/resolution-fixture.ts";
import { resolve } from "../../support/vectors.ts";

const catalog = resolve.catalog.flatMap((members) => {
  const times = { serial: 1, generated_at: "2027-01-15T00:00:00Z", expires_at: "2027-01-22T00:00:00Z", latest: null };
  return catalogWorkerOfIndex(ReleaseIndex.parse({ ...members, ...times })) ?? [];
});

describe("resolve.json", () => {
  it("has every worker of its catalog in the form of a signed index", () => {
    expect(catalog).toHaveLength(resolve.catalog.length);
  });

  it.each(resolve.cases)("$name", ({ machine: described, license, expected, name: _, ...asked }) => {
    const view = license && { ...license, refusal: null };
    const answer = choose(machine(machineSchema().parse(described)), catalog, view, asked);
    expect(answer.choice?.filename ?? null, answer.why).toBe(expected.filename);
    expect(answer.untried.length > 0, answer.why).toBe(expected.untried);
    const codes = Object.fromEntries(answer.ruled_out.map((row) => [row.filename ?? row.worker_id, row.code]));
    expect(codes).toMatchObject(expected.codes);
  });
});
