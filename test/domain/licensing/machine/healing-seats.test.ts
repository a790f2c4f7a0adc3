import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasSeat } from "../../../../src/domain/delivery/decision.ts";
import { holdsSeat, SEAT_MARGIN, seatedMachines } from "../../../../src/domain/licensing/license/seats.ts";
import { machineOfToken } from "../../../../src/domain/licensing/machine/seat.ts";
import { TAKE_OVER_AFTER } from "../../../../src/domain/licensing/machine/take-seat.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";
import { Fleet, licenseWithSeats } from "../../../support/seats.ts";

const START = 1_800_000_000;
const IDLE = HOUR;
const LIMIT = 5;

/** Some thousand statements take their time on a busy machine. */
const UNHURRIED = { timeout: 300_000 };

/** The hives that can use the license at `now`: by the ledger, by a token, and by their key at the edge. */
async function users(fleet: Fleet, now: number) {
  const license = await fleet.read();
  const names = license.machines.map(({ fingerprint_hash }) => fingerprint_hash);
  const { record } = fleet;
  const byToken = [...fleet.tokens].filter(
    ([machine, { iat, usableUntil }]) => now < usableUntil && machineOfToken(license, { machine, issuedAt: iat }),
  );
  const claim = (machine: string) => ({
    license: record ?? expect.fail(),
    machine,
    tokenMadeAt: null,
    mayActivate: true,
  });
  return {
    inLedger: seatedMachines(license, now).map(({ fingerprint_hash }) => fingerprint_hash),
    byToken: byToken.map(([machine]) => machine),
    byKeyAtTheEdge: record ? names.filter((machine) => hasSeat(claim(machine), now)) : [],
    activeRows: license.machines.filter(
      ({ deactivated_at, lease_until }) => deactivated_at === null || lease_until > now,
    ),
  };
}

const seatedNames = async (fleet: Fleet, now: number) => fleet.namesOf((await users(fleet, now)).inLedger);

async function expectNoSixth(fleet: Fleet, now: number): Promise<void> {
  const { inLedger, byToken, byKeyAtTheEdge, activeRows } = await users(fleet, now);
  expect(inLedger.length).toBeLessThanOrEqual(LIMIT);
  expect(activeRows.length).toBeLessThanOrEqual(LIMIT);
  // All that may use the license hold a seat in the ledger, although no job has run and no renewal was published.
  expect(inLedger).toEqual(expect.arrayContaining(byToken));
  expect(inLedger).toEqual(expect.arrayContaining(byKeyAtTheEdge));
}

const newFleet = async (idle: number | null = IDLE, limit = LIMIT) =>
  new Fleet(await licenseWithSeats(limit, idle, START));

describe("seats that heal", () => {
  it("are held by no more than five of a thousand containers that cycle, at any time", UNHURRIED, async () => {
    const fleet = await newFleet();
    let seated = 0;
    for (let round = 0; round < 10; round++) {
      const now = START + round * (IDLE + 60);
      const names = Array.from({ length: 100 }, (_, n) => `container-${round}-${n}`);
      const answers = await Promise.all(names.map((name) => fleet.arrive(name, now)));
      expect(answers.filter((code) => code === null)).toHaveLength(LIMIT);
      expect(new Set(answers)).toEqual(new Set([null, "MACHINE_LIMIT_REACHED"]));
      seated += LIMIT;
      await expectNoSixth(fleet, now);
      await expectNoSixth(fleet, now + IDLE - SEAT_MARGIN);
      await expectNoSixth(fleet, now + IDLE);
    }
    expect(seated).toBe(50);
    const replaced = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit WHERE action = 'machine.activate' AND details ->> 'replaced' IS NOT NULL",
    ).first("n");
    expect(replaced).toBe(45);
  });

  it(
    "are never held by a sixth in any order of arrivals, renewals, leases, departures and waits",
    UNHURRIED,
    async () => {
      const container = fc.integer({ min: 0, max: 11 }).map((n) => `container-${n}`);
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.record({ do: fc.constant("arrive" as const), name: container }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant("renew" as const), name: container }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), name: container }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("lease" as const), name: container }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant("take over" as const), name: container }) },
        {
          weight: 4,
          arbitrary: fc.record({
            do: fc.constant("wait" as const),
            seconds: fc.constantFrom(1, 1_500, 3_000, 3_600, 3 * DAY),
          }),
        },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
          const fleet = await newFleet();
          let now = START;
          for (const one of steps) {
            if (one.do === "wait") now += one.seconds;
            else if (one.do === "arrive") await fleet.arrive(one.name, now);
            else if (one.do === "renew") await fleet.renew(one.name, now);
            else if (one.do === "leave") await fleet.leave(one.name, now);
            else if (one.do === "lease") await fleet.lease(one.name, now + 2 * DAY, now);
            else await fleet.arrive(one.name, now, { inUse: [] });
            await expectNoSixth(fleet, now);
          }
        }),
        { numRuns: 12 },
      );
    },
  );

  it("are kept by machines that renew", async () => {
    const fleet = await newFleet();
    for (let n = 0; n < LIMIT; n++) await fleet.arrive(`m${n}`, START);
    for (let at = START; at < START + DAY; at += IDLE - SEAT_MARGIN - 60) {
      for (let n = 0; n < LIMIT; n++) expect(await fleet.renew(`m${n}`, at)).toBe(null);
      expect(await fleet.arrive("rival", at)).toBe("MACHINE_LIMIT_REACHED");
    }
  });

  it("go back to the machine that let them lapse, as long as no other has needed them", async () => {
    const fleet = await newFleet(IDLE, 2);
    await fleet.arrive("first", START);
    await fleet.arrive("second", START + 1);
    const late = START + 5 * IDLE;
    expect(await seatedNames(fleet, late)).toEqual([]);
    expect(await fleet.renew("second", late)).toBe(null);
    // The one that has been idle longest gives way.
    expect(await fleet.arrive("third", late)).toBe(null);
    expect(await fleet.renew("first", late)).toBe("MACHINE_DEACTIVATED");
    expect(await fleet.arrive("first", late)).toBe("MACHINE_LIMIT_REACHED");
    expect(await seatedNames(fleet, late)).toEqual(["second", "third"]);
  });

  it("do not use up the day's seats when their machine comes back", async () => {
    const fleet = await newFleet(IDLE, 1);
    await fleet.arrive("only", START);
    for (let n = 1; n <= 3; n++) expect(await fleet.arrive("only", START + n * 2 * IDLE)).toBe(null);
    const rows = await env.DB.prepare("SELECT count(*) AS n FROM machine_activations").first("n");
    expect(rows).toBe(1);
  });

  it("are kept by an offline lease until it ends, although the machine is idle", async () => {
    const fleet = await newFleet(IDLE, 1);
    await fleet.arrive("air-gapped", START);
    await fleet.lease("air-gapped", START + 10 * DAY, START);
    expect(await fleet.arrive("rival", START + 9 * DAY)).toBe("MACHINE_LIMIT_REACHED");
    expect(await fleet.arrive("rival", START + 9 * DAY, { inUse: [] })).toBe("MACHINE_LIMIT_REACHED");
    expect(await fleet.arrive("rival", START + 10 * DAY)).toBe(null);
  });

  it("are not exceeded by a machine that comes back after the limit was lowered", async () => {
    const fleet = await newFleet(IDLE, 2);
    await fleet.arrive("a", START);
    await fleet.arrive("b", START);
    await env.DB.prepare("UPDATE licenses SET machine_limit = 1").run();
    const late = START + 2 * IDLE;
    expect(await fleet.renew("a", late)).toBe(null);
    expect(await fleet.renew("b", late)).toBe("MACHINE_LIMIT_REACHED");
    expect(await seatedNames(fleet, late)).toEqual(["a"]);
  });

  it("never lapse where the plan does not say so", async () => {
    const fleet = await newFleet(null, 1);
    await fleet.arrive("m", START);
    expect(await fleet.arrive("rival", START + 400 * DAY)).toBe("MACHINE_LIMIT_REACHED");
    expect(fleet.record).not.toHaveProperty("seats");
  });
});

describe("taking over an idle seat", () => {
  it("deactivates the machine that has been idle longest, and only beyond 48 hours", async () => {
    const fleet = await newFleet(null, 2);
    await fleet.arrive("old", START);
    await fleet.arrive("newer", START + HOUR);
    const wish = { inUse: [] };
    expect(await fleet.arrive("rival", START + TAKE_OVER_AFTER - 1, wish)).toBe("MACHINE_LIMIT_REACHED");
    expect(await fleet.arrive("rival", START + TAKE_OVER_AFTER)).toBe("MACHINE_LIMIT_REACHED");
    expect(await fleet.arrive("rival", START + TAKE_OVER_AFTER, wish)).toBe(null);
    expect(await seatedNames(fleet, START + TAKE_OVER_AFTER)).toEqual(["newer", "rival"]);
  });

  it("leaves a machine alone that has downloaded", async () => {
    const fleet = await newFleet(null, 1);
    await fleet.arrive("downloads", START);
    const inUse = [...fleet.tokens.keys()];
    expect(await fleet.arrive("rival", START + 9 * DAY, { inUse })).toBe("MACHINE_LIMIT_REACHED");
    expect(await fleet.arrive("rival", START + 9 * DAY, { inUse: ["other"] })).toBe(null);
  });

  it("gives one idle seat to exactly one of twenty machines, and each of them to one", async () => {
    const fleet = await newFleet(null, 3);
    for (const name of ["idle-1", "idle-2"]) await fleet.arrive(name, START);
    const now = START + 3 * DAY;
    await fleet.arrive("busy", now);
    const rivals = Array.from({ length: 20 }, (_, n) => fleet.arrive(`rival-${n}`, now, { inUse: [] }));
    expect((await Promise.all(rivals)).filter((code) => code === null)).toHaveLength(2);
    const license = await fleet.read();
    expect(license.machines.filter((machine) => holdsSeat(license, machine, now))).toHaveLength(3);
  });

  it("takes no seat from anybody while one is free", async () => {
    const fleet = await newFleet(null, 2);
    await fleet.arrive("idle", START);
    expect(await fleet.arrive("new", START + 9 * DAY, { inUse: [] })).toBe(null);
    expect(await seatedNames(fleet, START + 9 * DAY)).toEqual(["idle", "new"]);
  });
});
