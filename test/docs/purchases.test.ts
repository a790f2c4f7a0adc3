import { describe, expect, it } from "vitest";
import guide from "../../docs/purchases.md?raw";
import { MOST_MACHINES } from "../../src/domain/purchase/offer.ts";
import {
  type Calls,
  DOCTOR_CALLS,
  permissionsFor,
  RESOURCES,
  SYNC_CALLS,
  WORKER_CALLS,
} from "../../src/domain/purchase/permissions.ts";

const USES: Calls[] = [WORKER_CALLS, DOCTOR_CALLS, SYNC_CALLS];

/** The level of a resource that these calls need: `read`, `write`, or nothing. */
const levelOf = (calls: Calls, resource: string): string =>
  permissionsFor(calls)
    .find((permission) => permission.replace(/_(read|write)$/, "") === resource)
    ?.split("_")
    .at(-1) ?? "";

describe("docs/purchases.md", () => {
  it("lists the permissions of the calls in the code, and no other", () => {
    const rows = [...guide.matchAll(/^ {3}\| (.+?) \| `([a-z_]+)` \| (\w*) ?\| (\w*) ?\| (\w*) ?\|$/gm)];
    const listed = rows.map(([, name, resource, ...levels]) => [resource, name, ...levels]);
    const needed = Object.entries(RESOURCES).map(([resource, name]) => [
      ...[resource, name],
      ...USES.map((calls) => levelOf(calls, resource)),
    ]);
    expect(listed).toEqual(needed);
  });

  it("gives the portal's bounds of machines", () => {
    expect(guide).toContain(`the number of machines (1 to ${MOST_MACHINES})`);
  });
});
