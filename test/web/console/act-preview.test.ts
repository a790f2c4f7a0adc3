import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { licenseByHand } from "../../../src/domain/licensing/admin/act.ts";
import { type AdminAct, decideAdminAct } from "../../../src/domain/licensing/admin/decision.ts";
import { type License, type MachineRow, standingOf } from "../../../src/domain/licensing/license/record.ts";
import { DAY } from "../../../src/lib/time.ts";
import { previewLicenseAct } from "../../../src/web/console/license/preview.ts";
import { previewBar, previewMachineRemoval, previewUnbar } from "../../../src/web/console/license/preview-machine.ts";
import { licenseRow } from "../../support/license-row.ts";

const NOW = 1_800_000_000;

const license = (over: Partial<License> = {}): License =>
  licenseRow({
    ...licenseByHand({ plan: "premium-monthly", email: "ada@example.com" }, false, NOW),
    created_at: NOW,
    updated_at: NOW,
    ...over,
  });

const machine = (over: Partial<MachineRow> = {}): MachineRow => ({
  id: "mach_1",
  fingerprint_hash: "h",
  name: "attic",
  platform: null,
  activated_at: NOW,
  last_seen_at: NOW,
  deactivated_at: null,
  lease_until: 0,
  barred_at: null,
  status_index: null,
  status_generation: null,
  ...over,
});

/** An owner, or an admin who may grant as much time but is no owner. */
const holder = (isOwner: boolean) => ({ scopes: isOwner ? ["owner" as const] : ["licenses:issue" as const] });

const preview = (over: Partial<License>, act: AdminAct, isOwner = true): string => {
  const result = previewLicenseAct(license(over), act, holder(isOwner), NOW);
  return result.ok ? result.value.join(" ") : result.error.code;
};

const acts: fc.Arbitrary<AdminAct> = fc.oneof(
  fc.constantFrom<AdminAct>(
    { action: "revoke" },
    { action: "suspend" },
    { action: "reinstate" },
    { action: "rotate-key" },
  ),
  fc.integer({ min: 1, max: 400 }).map((days): AdminAct => ({ action: "extend", until: { days } })),
);

const states: fc.Arbitrary<Partial<License>> = fc.record({
  admin_state: fc.constantFrom("none", "suspended", "revoked"),
  refund_state: fc.constantFrom("none", "partial", "full"),
  dispute_state: fc.constantFrom("none", "open", "won", "lost"),
  subscription_state: fc.constantFrom("none", "active", "past_due", "suspended", "ended"),
  expires_at: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }), { nil: null }),
});

describe("preview of an act on a license", () => {
  it("it refuses like the decision, and says that nothing changes exactly if nothing does", () => {
    fc.assert(
      fc.property(states, acts, fc.boolean(), (state, act, isOwner) => {
        const decided = decideAdminAct(license(state), act, isOwner, NOW);
        const shown = previewLicenseAct(license(state), act, holder(isOwner), NOW);
        expect(shown.ok).toBe(decided.ok);
        if (!decided.ok || !shown.ok) return;
        expect(shown.value.length).toBeGreaterThan(0);
        expect(shown.value.join(" ").startsWith("Nothing changes")).toBe(decided.value === null);
      }),
    );
  });

  it("reinstate: it says that the license is in force again exactly if it then is", () => {
    fc.assert(
      fc.property(states, (state) => {
        const decided = decideAdminAct(license(state), { action: "reinstate" }, true, NOW);
        if (!decided.ok || decided.value === null) return;
        const isActive = standingOf({ ...license(state), ...decided.value }, NOW).status === "active";
        expect(preview(state, { action: "reinstate" }).includes("in force again at once")).toBe(isActive);
      }),
    );
  });

  it("revoke: it names the machines that lose access, and the offline leases that go on", () => {
    const machines = [machine(), machine({ id: "mach_2", name: null, lease_until: NOW + 30 * DAY })];
    const text = preview({ machines }, { action: "revoke" });
    expect(text).toContain("2 machines can no longer download: attic, mach_2.");
    expect(text).toContain("A machine holds an offline lease: installed workers run until 14 February 2027");
    expect(preview({ machines, expires_at: NOW - 1 }, { action: "revoke" })).toContain("It is not in force now");
  });

  it("revoke: it warns that the subscription is still billed", () => {
    expect(preview({ subscription_state: "active" }, { action: "revoke" })).toContain("continues and is billed");
    expect(preview({}, { action: "revoke" })).not.toContain("billed");
  });

  it("extend: it says if the license is still not in force", () => {
    expect(preview({ dispute_state: "open" }, { action: "extend", until: { days: 3 } })).toContain(
      "still not in force",
    );
    expect(preview({ expires_at: NOW - DAY }, { action: "extend", until: { days: 3 } })).toContain(
      "in force again at once",
    );
  });
});

describe("preview of a machine removal", () => {
  const text = (over: Partial<MachineRow>, voidLease: boolean) =>
    previewMachineRemoval(machine(over), voidLease, NOW).join(" ");

  it("it says when the seat is free, with and without an offline lease", () => {
    expect(text({}, false)).toContain("Its seat is free at once for another machine.");
    expect(text({ lease_until: NOW + DAY }, false)).toContain("keeps the seat until 16 January 2027");
    expect(text({ lease_until: NOW + DAY }, true)).toContain("Its seat is free at once. If the machine stays offline");
    expect(text({ deactivated_at: NOW }, false)).toMatch(/^Nothing/);
    expect(text({ deactivated_at: NOW, lease_until: NOW + DAY }, false)).toMatch(/^Nothing/);
  });
});

describe("preview of a machine's bar", () => {
  it("it says the loss of the seat, and that a bar can be got around", () => {
    const text = previewBar(machine(), false, NOW).join(" ");
    expect(text).toContain("Its seat is free at once for another machine.");
    expect(text).toContain("can't be activated on this license again");
    expect(text).toContain("gets around the bar");
    expect(previewBar(machine({ lease_until: NOW + DAY }), false, NOW).join(" ")).toContain("keeps the seat until");
  });

  it("it says that nothing changes for a machine that is barred, or that is not", () => {
    expect(previewBar(machine({ barred_at: NOW, deactivated_at: NOW }), false, NOW)).toEqual([
      expect.stringMatching(/^Nothing/),
    ]);
    expect(previewUnbar(machine())).toEqual([expect.stringMatching(/^Nothing/)]);
    expect(previewUnbar(machine({ barred_at: NOW })).join(" ")).toContain("can be activated again");
  });
});
