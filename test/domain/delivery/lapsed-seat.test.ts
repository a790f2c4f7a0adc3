import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LicenseRecord } from "../../../src/domain/licensing/license/record.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { DAY, HOUR } from "../../../src/lib/time.ts";
import { codeOf } from "../../support/admin-request.ts";
import { activate, count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { askWith, newPostbox } from "../../support/postbox.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const DOWNLOAD = "/v1/workers/llm-worker-rbee-premium-cpu/latest/download?platform=linux-x86_64";
const IDLE = 2 * HOUR;

let license: { id: string; key: string };

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await publishRelease({ worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0", bytes: randomBytes(10) });
  license = await issueLicense({ machine_limit: 1 });
  await env.DB.prepare("UPDATE licenses SET seat_idle_seconds = ? WHERE id = ?").bind(IDLE, license.id).run();
});
afterEach(() => vi.useRealTimers());

/** Lets time pass, and asks another isolate from then on. */
function pass(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
  forgetIsolate();
}

const byKey = (machine: string) =>
  hive("GET", DOWNLOAD, { credential: license.key, headers: { "Rbee-Machine": machine } });

/** A download while the ledger is out: it succeeds only on the edge copy alone. */
const withoutLedger = (headers: Record<string, string>) => {
  const out = () => {
    throw new Error("D1_ERROR: the ledger is out");
  };
  const DB = new Proxy(env.DB, { get: () => out });
  return askWith({ ...newPostbox(), env: { ...env, DB } }, "GET", DOWNLOAD, { headers });
};
const keyOf = (machine: string) => ({ Authorization: `Bearer ${license.key}`, "Rbee-Machine": machine });
const seatsOf = async (): Promise<LicenseRecord["seats"]> =>
  (await env.EDGE.get<LicenseRecord>(`license:${license.id}`, "json"))?.seats;

describe("a download of a machine whose seat may lapse", () => {
  it("needs no ledger while its seat is held, by a key or a token", async () => {
    const token = await tokenFor(license.key, "m");
    pass(IDLE / 2);
    expect((await withoutLedger({ Authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await withoutLedger(keyOf("m"))).status).toBe(200);
  });

  it("needs no ledger with a renewed token, although no renewal is published", async () => {
    let token = await tokenFor(license.key, "m");
    const published = await seatsOf();
    for (let n = 0; n < 4; n++) {
      pass(IDLE / 2);
      const answer = await hive("POST", "/v1/licenses/token", { credential: token, body: { fingerprint: "m" } });
      token = (await answer.json<{ token: string }>()).token;
    }
    expect(await seatsOf()).toEqual(published);
    expect((await withoutLedger({ Authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it("asks the ledger with a key after the date of the record, and publishes the later date", async () => {
    let token = await tokenFor(license.key, "m");
    const before = Object.values((await seatsOf()) ?? {});
    for (let n = 0; n < 3; n++) {
      pass(IDLE / 2);
      const answer = await hive("POST", "/v1/licenses/token", { credential: token, body: { fingerprint: "m" } });
      token = (await answer.json<{ token: string }>()).token;
    }
    expect((await byKey("m")).status).toBe(200);
    expect(Object.values((await seatsOf()) ?? {})[0]).toBeGreaterThan((before[0] ?? 0) + IDLE);
    forgetIsolate();
    expect((await withoutLedger(keyOf("m"))).status).toBe(200);
    expect(await count("audit", "action = 'machine.activate'")).toBe(1);
  });

  it("brings the seat back with a key, unless another machine has needed it", async () => {
    await activate(license.key, "m");
    pass(IDLE + 1);
    expect((await byKey("m")).status).toBe(200);
    expect(await count("machine_activations")).toBe(1);
    pass(IDLE + 1);
    expect((await byKey("other")).status).toBe(200);
    const refusal = await byKey("m");
    expect([refusal.status, await codeOf(refusal)]).toEqual([409, "MACHINE_LIMIT_REACHED"]);
    expect(await count("machines", "deactivated_at IS NULL")).toBe(1);
  });

  it("ends with its link when another machine gets the seat", async () => {
    await activate(license.key, "m");
    pass(IDLE - 1);
    const { download_url } = await (await byKey("m")).json<{ download_url: string }>();
    const link = new URL(download_url).pathname;
    pass(2);
    expect((await hive("GET", link)).status).toBe(200);
    expect((await byKey("other")).status).toBe(200);
    forgetIsolate();
    expect(await codeOf(await hive("GET", link))).toBe("MACHINE_DEACTIVATED");
  });

  it("is not looked at where seats do not lapse", async () => {
    const other = await issueLicense({ machine_limit: 1 });
    await activate(other.key, "m");
    pass(100 * DAY);
    const headers = { Authorization: `Bearer ${other.key}`, "Rbee-Machine": "m" };
    expect((await withoutLedger(headers)).status).toBe(200);
  });

  it("knows a machine by both spellings of its fingerprint, on the edge alone", async () => {
    const name = "B\u00fcro";
    const other = await issueLicense({ machine_limit: 1 });
    await activate(other.key, name);
    forgetIsolate();
    const basic = (machine: string) => ({
      Authorization: `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${machine}:${other.key}`)))}`,
    });
    const answer = await withoutLedger(basic(name.normalize("NFD")));
    expect(answer.status).toBe(200);
    const { download_url } = await answer.json<{ download_url: string }>();
    expect((await hive("GET", new URL(download_url).pathname)).status).toBe(200);
  });
});
