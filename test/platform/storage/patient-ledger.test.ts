import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { RETRY_AFTER } from "../../../src/platform/storage/outage.ts";
import { boundLedger, LedgerBusy } from "../../../src/platform/storage/patient-ledger.ts";
import { newAddress } from "../../support/admin-request.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

/** A call that D1 never answers. */
const silent = () => new Promise<never>(() => {});

const silentLedger = (calls: { count: number }): D1Database =>
  new Proxy(env.DB, {
    get: (db, name: keyof D1Database) =>
      name === "batch"
        ? () => {
            calls.count++;
            return silent();
          }
        : db[name].bind(db),
  });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the bounded ledger", () => {
  it("answers as D1 does: single statements, batches and errors", async () => {
    const ledger = boundLedger(env.DB);
    const count = "SELECT count(*) AS licenses FROM licenses WHERE id <> ?";
    expect(await ledger.prepare(count).bind("x").first("licenses")).toBe(0);
    expect((await ledger.prepare(count).bind("x").all()).results).toEqual([{ licenses: 0 }]);
    expect(await ledger.prepare(count).bind("x").raw()).toEqual([[0]]);
    const [one, two] = await ledger.batch([ledger.prepare("SELECT 1 AS n"), env.DB.prepare("SELECT 2 AS n")]);
    expect([one?.results, two?.results]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    await expect(ledger.prepare("SELECT missing FROM licenses").all()).rejects.toThrow("no such column");
  });

  it("gives up a call that is not answered in time, and rests before the next", async () => {
    const calls = { count: 0 };
    const ledger = boundLedger(silentLedger(calls), { patienceMs: 10, restMs: 60_000 });
    await expect(ledger.batch([])).rejects.toThrow("no answer of D1 within 10 ms");
    await expect(ledger.batch([])).rejects.toThrow(LedgerBusy);
    expect(calls.count).toBe(1);
  });

  it("lets only so many calls wait, and refuses the others at once", async () => {
    const calls = { count: 0 };
    const ledger = boundLedger(silentLedger(calls), { patienceMs: 50, callsAtOnce: 3 });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => ledger.batch([])));
    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : ""));
    expect(reasons.filter((reason) => reason.includes("3 calls of D1 are under way"))).toHaveLength(7);
    expect(reasons.filter((reason) => reason.includes("within 50 ms"))).toHaveLength(3);
    expect(calls.count).toBe(3);
  });

  it("forgets a call whose request the runtime has ended, timer and all", async () => {
    // A request that its client leaves neither continues nor cleans up: only the clock of the isolate goes on.
    vi.useFakeTimers();
    const calls = { count: 0 };
    const ledger = boundLedger(silentLedger(calls), { patienceMs: 1_000, callsAtOnce: 2 });
    const ignored = () => void ledger.batch([]).catch(() => {});
    ignored();
    ignored();
    await expect(ledger.batch([])).rejects.toThrow("2 calls of D1 are under way");
    vi.setSystemTime(Date.now() + 1_001);
    ignored();
    expect(calls.count).toBe(3);
  });

  it.each([
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  ])("rests after %s", async (message) => {
    const batch = vi.fn().mockRejectedValue(new Error(message));
    const ledger = boundLedger({ ...env.DB, batch } as unknown as D1Database, { restMs: 60_000 });
    await expect(ledger.batch([])).rejects.toThrow(message);
    await expect(ledger.batch([])).rejects.toThrow(LedgerBusy);
    expect(batch).toHaveBeenCalledTimes(1);
  });
});

describe("a herd of hives at an overloaded ledger", () => {
  it("is refused with 503 and spread times to come back at, and one call of D1", async () => {
    const { key } = await issueLicense();
    await tokenFor(key, "machine");
    const overloaded = new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued.");
    const batch = vi.spyOn(env.DB, "batch").mockRejectedValue(overloaded);
    const renew = () =>
      app.fetch(
        new Request("https://catalog.test/v1/licenses/token", {
          method: "POST",
          headers: {
            Authorization: `Bearer ${key}`,
            "Content-Type": "application/json",
            "CF-Connecting-IP": newAddress(),
          },
          body: JSON.stringify({ fingerprint: "machine" }),
        }),
        env,
        createExecutionContext(),
      );
    const waits: number[] = [];
    for (let hive = 0; hive < 30; hive++) {
      const response = await renew();
      expect(response.status).toBe(503);
      waits.push(Number(response.headers.get("Retry-After")));
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(RETRY_AFTER.least);
    expect(Math.max(...waits)).toBeLessThanOrEqual(RETRY_AFTER.most);
    expect(new Set(waits).size).toBeGreaterThan(5);
    expect(batch.mock.calls.length).toBeLessThan(30);
    expectLogged("request.failed");
  });
});
