import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { activationsPerDay, RETURNS_A_DAY } from "../../../../src/domain/licensing/machine/take-seat.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { activate, count, hive, issueLicense, ownerToken, tokenFor } from "../../../support/license-fixture.ts";
import { download, record } from "../../../support/usage-fixture.ts";

type MachineView = Record<"id" | "seat_until" | "lease_until" | "deactivated_at" | "last_seen_at", string | null>;
type Answer = {
  expires_at: string;
  license: { seats_used: number; machines: MachineView[] };
  machine: MachineView;
  took_over: MachineView | null;
};

const seconds = (text: string | null): number => Date.parse(text ?? "") / 1000;
const now = (): number => Math.floor(Date.now() / 1000);
const pass = (time: number): void => {
  vi.setSystemTime(Date.now() + time * 1000);
};
const activated = async (key: string, fingerprint: string, more: object = {}): Promise<Answer> => {
  const response = await activate(key, fingerprint, more);
  expect(response.ok).toBe(true);
  return response.json<Answer>();
};
const me = async (credential: string): Promise<Answer["license"]> =>
  (await (await hive("GET", "/v1/licenses/me", { credential })).json<{ license: Answer["license"] }>()).license;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

describe("the seats of a license", () => {
  it("are listed with the machines that hold them, also by a lease alone", async () => {
    const { key } = await issueLicense({ machine_limit: 3 });
    await activated(key, "desk");
    const leased = await activated(key, "air-gapped", { offline: true });
    expect(seconds(leased.machine.lease_until)).toBe(seconds(leased.expires_at));
    await hive("POST", "/v1/licenses/deactivate", { credential: key, body: { fingerprint: "air-gapped" } });
    const { seats_used, machines } = await me(key);
    expect(seats_used).toBe(2);
    expect(machines.find(({ id }) => id === leased.machine.id)).toMatchObject({
      lease_until: leased.expires_at,
      seat_until: leased.expires_at,
      deactivated_at: expect.any(String),
    });
    pass(31 * DAY);
    const later = await me(key);
    expect([later.seats_used, later.machines.length]).toEqual([1, 1]);
    expect(later.machines[0]).toMatchObject({ seat_until: null, lease_until: null, deactivated_at: null });
  });

  it("are counted for a token, too, which sees no machine but its own", async () => {
    const { key } = await issueLicense({ machine_limit: 3 });
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    const { seats_used, machines } = await me(token);
    expect([seats_used, machines.length]).toEqual([2, 1]);
  });

  it("say until when they are held, and no token outlives them", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    await env.DB.prepare("UPDATE licenses SET seat_idle_seconds = ? WHERE id = ?")
      .bind(2 * HOUR, id)
      .run();
    const { machine, expires_at } = await activated(key, "container");
    expect(seconds(machine.seat_until)).toBe(now() + 2 * HOUR);
    expect(seconds(expires_at)).toBeLessThan(seconds(machine.seat_until));
    const refusal = await activate(key, "next");
    expect(await refusal.json()).toMatchObject({
      code: "MACHINE_LIMIT_REACHED",
      seat_free_at: machine.seat_until,
      may_take_over: false,
    });
    pass(2 * HOUR);
    expect((await me(key)).seats_used).toBe(0);
    const body = { fingerprint: "container" };
    expect((await hive("POST", "/v1/licenses/token", { credential: key, body })).status).toBe(200);
    pass(2 * HOUR);
    await activated(key, "next");
    expect(await codeOf(await hive("POST", "/v1/licenses/token", { credential: key, body }))).toBe(
      "MACHINE_DEACTIVATED",
    );
  });
});

describe("DELETE /v1/licenses/machines/{machine_id}", () => {
  const free = (credential: string, id: string | null) => hive("DELETE", `/v1/licenses/machines/${id}`, { credential });

  it("frees the seat of another machine by the key, again and again, and ends its token", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const token = await tokenFor(key, "lost");
    const [machine] = (await me(key)).machines;
    expect((await free(key, machine?.id ?? null)).status).toBe(204);
    expect((await free(key, machine?.id ?? null)).status).toBe(204);
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: token }))).toBe("MACHINE_DEACTIVATED");
    expect((await activate(key, "new")).status).toBe(201);
    expect(await count("audit", "action = 'machine.deactivate' AND actor LIKE 'license:%'")).toBe(1);
  });

  it("refuses a token, and a machine of another license", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    const [machine] = (await me(key)).machines;
    const other = await issueLicense();
    expect(await codeOf(await free(token, machine?.id ?? null))).toBe("KEY_INVALID");
    expect(await codeOf(await free(other.key, machine?.id ?? null))).toBe("NOT_FOUND");
    expect(await count("machines", "deactivated_at IS NULL")).toBe(1);
  });
});

describe("taking over the idle seat", () => {
  it("deactivates the machine that has neither got a token nor downloaded for 48 hours, and names it", async () => {
    const { id, key } = await issueLicense({ machine_limit: 2 });
    const asleep = await activated(key, "asleep");
    pass(60);
    await activated(key, "by-key");
    const hash = await env.DB.prepare("SELECT fingerprint_hash FROM machines ORDER BY activated_at DESC").first<string>(
      "fingerprint_hash",
    );
    const sleeper = await env.DB.prepare("SELECT fingerprint_hash FROM machines ORDER BY activated_at").first<string>(
      "fingerprint_hash",
    );
    pass(3 * DAY);
    const refusal = await activate(key, "new");
    expect(await refusal.json()).toMatchObject({ code: "MACHINE_LIMIT_REACHED", may_take_over: true });
    // Both use nothing but the key for downloads, which the ledger does not see.
    await record(download(1, { license_id: id, machine: sleeper }), download(2, { license_id: id, machine: hash }));
    expect(await codeOf(await activate(key, "new", { take_over: "idle" }))).toBe("MACHINE_LIMIT_REACHED");
    pass(3 * DAY);
    await record(download(3, { license_id: id, machine: hash }));
    const taken = await activated(key, "new", { take_over: "idle" });
    expect(taken.took_over).toMatchObject({ id: asleep.machine.id });
    expect(taken.license.machines.map((machine) => machine.id)).not.toContain(asleep.machine.id);
    const details = await env.DB.prepare("SELECT details FROM audit ORDER BY id DESC").first<string>("details");
    expect(JSON.parse(details ?? "")).toMatchObject({ machine_id: taken.machine.id, replaced: asleep.machine.id });
  });

  it("is refused in any other word", async () => {
    const { key } = await issueLicense();
    expect(await codeOf(await activate(key, "m", { take_over: "any" }))).toBe("VALIDATION_FAILED");
    expect((await activated(key, "m", { take_over: null })).took_over).toBe(null);
  });
});

describe("one machine that comes and goes", () => {
  it("does not use up the day's seats for others, and has a limit of its own", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    const body = { fingerprint: "ci" };
    const most = activationsPerDay({ machine_limit: 1, seat_idle_seconds: null });
    for (let n = 0; n < most + 2; n++) {
      expect((await activate(key, "ci")).status).toBe(201);
      await hive("POST", "/v1/licenses/deactivate", { credential: key, body });
    }
    expect((await activate(key, "other")).status).toBe(201);
    await hive("POST", "/v1/licenses/deactivate", { credential: key, body: { fingerprint: "other" } });
    await env.DB.prepare(
      `INSERT INTO machine_activations (change_id, license_id, machine_id, activated_at)
       SELECT 'chg_' || value, ?1, (SELECT machine_id FROM machine_activations LIMIT 1), ?2
       FROM json_each(?3)`,
    )
      .bind(id, now(), JSON.stringify(Array.from({ length: RETURNS_A_DAY }, (_, n) => n)))
      .run();
    const refused = await activate(key, "ci");
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toBe("RATE_LIMITED");
    expect((await activate(key, "third")).status).toBe(201);
  });
});

describe("a fingerprint in two spellings", () => {
  const NFC = "B\u00fcro-\u00e9";
  const NFD = NFC.normalize("NFD");

  it("is one machine, in whichever spelling it came first", async () => {
    for (const [first, second] of [
      [NFC, NFD],
      [NFD, NFC],
    ] as const) {
      const { key } = await issueLicense({ machine_limit: 1 });
      const { machine } = await activated(key, first);
      expect((await activate(key, second)).status).toBe(200);
      expect((await activated(key, second)).machine.id).toBe(machine.id);
      const body = { fingerprint: second };
      const token = await (await hive("POST", "/v1/licenses/token", { credential: key, body })).json<{
        token: string;
      }>();
      const verdict = await hive("POST", "/v1/licenses/verify", { body: { token: token.token, fingerprint: second } });
      expect(await verdict.json()).toMatchObject({ valid: true });
      expect((await hive("POST", "/v1/licenses/deactivate", { credential: token.token, body })).status).toBe(204);
      expect((await me(key)).seats_used).toBe(0);
      expect((await activated(key, first)).machine.id).toBe(machine.id);
    }
  });

  it("takes one seat when both arrive at once", async () => {
    const { key } = await issueLicense({ machine_limit: 5 });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => activate(key, n % 2 ? NFC : NFD)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await me(key)).seats_used).toBe(1);
  });
});

describe("barring a machine", () => {
  const act = async (
    id: string,
    machine: string | null,
    verb: string,
    body: object,
    scope: "licenses:write" | "owner",
  ) =>
    ask("POST", `/v1/admin/licenses/${id}/machines/${machine}/${verb}`, {
      token: scope === "owner" ? await ownerToken() : (await makeToken([scope])).token,
      body: { reason: "stolen", ...body },
    });

  it("ends its seat and refuses it a new one, in every spelling, until the bar is lifted", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    const { machine } = await activated(key, "dieb-\u00fc");
    const token = await tokenFor(key, "dieb-\u00fc");
    const barred = await act(id, machine.id, "bar", {}, "licenses:write");
    expect(barred.status).toBe(200);
    expect(await barred.json()).toMatchObject({
      license: { seats_used: 0, machines: [], barred_machines: [{ id: machine.id }] },
      edge: "published",
    });
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: token }))).toBe("MACHINE_DEACTIVATED");
    for (const spelling of ["NFC", "NFD"]) {
      const refusal = await activate(key, "dieb-\u00fc".normalize(spelling));
      expect([refusal.status, await codeOf(refusal)]).toEqual([403, "MACHINE_BARRED"]);
    }
    expect((await act(id, machine.id, "bar", {}, "licenses:write")).status).toBe(200);
    expect(await count("audit", "action = 'machine.bar'")).toBe(1);
    expect((await activate(key, "owner")).status).toBe(201);
    await hive("POST", "/v1/licenses/deactivate", { credential: key, body: { fingerprint: "owner" } });
    const lifted = await act(id, machine.id, "unbar", {}, "licenses:write");
    expect(await lifted.json()).toMatchObject({ license: { barred_machines: [] } });
    expect((await act(id, machine.id, "unbar", {}, "licenses:write")).status).toBe(200);
    expect(await count("audit", "action = 'machine.unbar'")).toBe(1);
    expect((await activate(key, "dieb-\u00fc")).status).toBe(201);
  });

  it("keeps a running lease's seat unless an owner voids it", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    const { machine } = await activated(key, "thief", { offline: true });
    expect(await codeOf(await act(id, machine.id, "bar", { void_lease: true }, "licenses:write"))).toBe(
      "INSUFFICIENT_SCOPE",
    );
    await act(id, machine.id, "bar", {}, "licenses:write");
    expect(await codeOf(await activate(key, "owner"))).toBe("MACHINE_LIMIT_REACHED");
    await act(id, machine.id, "bar", { void_lease: true }, "owner");
    expect((await activate(key, "owner")).status).toBe(201);
  });

  it("does not touch another license, and knows only the license's own machines", async () => {
    const [one, other] = [await issueLicense(), await issueLicense()];
    const { machine } = await activated(one.key, "m");
    await activated(other.key, "m");
    expect(await codeOf(await act(other.id, machine.id, "bar", {}, "licenses:write"))).toBe("NOT_FOUND");
    await act(one.id, machine.id, "bar", {}, "licenses:write");
    expect((await activate(other.key, "m")).status).toBe(200);
  });
});
