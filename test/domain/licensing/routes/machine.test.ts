import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readLicense } from "../../../../src/domain/licensing/license/store.ts";
import { activationsPerDay, takeSeat } from "../../../../src/domain/licensing/machine/take-seat.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { hookedLedger } from "../../../support/hooked-ledger.ts";
import {
  activate,
  adminAct,
  count,
  hive,
  issueLicense,
  ownerToken,
  tokenFor,
} from "../../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../../support/minute.ts";
import { askWith, newPostbox } from "../../../support/postbox.ts";

const deactivate = (credential: string, fingerprint: string) =>
  hive("POST", "/v1/licenses/deactivate", { credential, body: { fingerprint } });

describe("activation", () => {
  it("gives a machine a token and a seat, once", async () => {
    const { id, key } = await issueLicense({ machine_limit: 2 });
    const first = await activate(key, "machine-a", { name: "attic", platform: "linux-x86_64" });
    expect(first.status).toBe(201);
    expect(first.headers.get("Cache-Control")).toBe("private, no-store");
    const body = await first.json<Record<string, unknown>>();
    expect(body).toMatchObject({
      token_type: "Bearer",
      license: { id, status: "active", plan: "premium-lifetime", machine_limit: 2 },
      machine: { name: "attic", platform: "linux-x86_64" },
    });
    expect((await activate(key, "machine-a")).status).toBe(200);
    expect(await count("machines")).toBe(1);
    expect(await count("audit", "action = 'machine.activate'")).toBe(1);
  });

  it("accepts null for a field that a hive leaves out, as serde writes it", async () => {
    const { key } = await issueLicense();
    expect((await activate(key, "m", { name: null, platform: null, offline: null })).status).toBe(201);
    const body = { fingerprint: "m", offline: null };
    expect((await hive("POST", "/v1/licenses/token", { credential: key, body })).status).toBe(200);
  });

  it("removes characters from a machine's name that would turn a line around, and refuses no name for them", async () => {
    const { key } = await issueLicense();
    const response = await activate(key, "m", { name: "\u202eattic\u2066\n", platform: "linux-\u202dx86_64" });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ machine: { name: "?attic??", platform: "linux-?x86_64" } });
    const kept = await env.DB.prepare("SELECT name, platform FROM machines").first();
    expect(kept).toEqual({ name: "?attic??", platform: "linux-?x86_64" });
  });

  it("stores no fingerprint", async () => {
    const { key } = await issueLicense();
    await activate(key, "very-telling-fingerprint");
    const { results } = await env.DB.prepare("SELECT * FROM machines").all();
    expect(JSON.stringify(results)).not.toContain("very-telling");
  });

  it("gives the last seat to exactly one of twenty machines", async () => {
    const { key } = await issueLicense({ machine_limit: 3 });
    await activate(key, "one");
    await activate(key, "two");
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => activate(key, `rival-${n}`)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
    expect(await codeOf(answers.find(({ status }) => status === 409) ?? new Response("{}"))).toBe(
      "MACHINE_LIMIT_REACHED",
    );
    expect(await count("machines", "deactivated_at IS NULL")).toBe(3);
    expect(await count("audit", "action = 'machine.activate'")).toBe(3);
    expect(await count("outbox")).toBe(0);
  });

  it("takes one seat for twenty requests of one machine at once", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => activate(key, "same")));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(await count("machines")).toBe(1);
  });

  it("gives the holder of the old key nothing of a new key that is made at the same moment", async () => {
    const { id, key } = await issueLicense();
    let isRotated = false;
    const DB = hookedLedger(async (run) => {
      const results = await run();
      if (!isRotated && (await count("machines")) === 1) {
        isRotated = true;
        expect((await adminAct(id, "rotate-key")).status).toBe(200);
      }
      return results;
    });
    const response = await askWith({ ...newPostbox(), env: { ...env, DB } }, "POST", "/v1/licenses/activate", {
      json: { fingerprint: "of-a-thief" },
      headers: { Authorization: `Bearer ${key}` },
    });
    expect(isRotated).toBe(true);
    expect(await codeOf(response)).toBe("KEY_ROTATED");
  });

  it("is undone by deactivation, idempotently, and the machine's token stops working", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const token = await tokenFor(key, "old");
    expect(await codeOf(await activate(key, "new"))).toBe("MACHINE_LIMIT_REACHED");
    expect((await deactivate(token, "old")).status).toBe(204);
    expect((await deactivate(token, "old")).status).toBe(204);
    expect((await deactivate(key, "never-seen")).status).toBe(204);
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: token }))).toBe("MACHINE_DEACTIVATED");
    expect((await activate(key, "new")).status).toBe(201);
    expect(await count("audit", "action = 'machine.deactivate'")).toBe(1);
  });

  it("of one machine cannot be taken or freed with another machine's token", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    expect(await codeOf(await deactivate(token, "b"))).toBe("MACHINE_MISMATCH");
    expect(await count("machines", "deactivated_at IS NULL")).toBe(2);
    const headers = { Authorization: `Basic ${btoa(`c:${key}`)}` };
    const body = { fingerprint: "d" };
    expect(await codeOf(await hive("POST", "/v1/licenses/activate", { headers, body }))).toBe("MACHINE_MISMATCH");
    const both = { ...headers, "Rbee-Machine": "other" };
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { headers: both }))).toBe("MACHINE_MISMATCH");
    expect(await count("machines")).toBe(2);
  });

  it("accepts a fingerprint with colons, and ignores spaces around it", async () => {
    const { key } = await issueLicense();
    await activate(key, " 00:1b:44:11:3a:b7 ");
    const headers = { Authorization: `Basic ${btoa(`00:1b:44:11:3a:b7:${key}`)}` };
    const body = { fingerprint: "00:1b:44:11:3a:b7" };
    expect((await hive("POST", "/v1/licenses/activate", { headers, body })).status).toBe(200);
    expect(await count("machines")).toBe(1);
  });

  it("takes no seat under a key that is rotated in the meantime", async () => {
    const { id, key } = await issueLicense();
    const license = await readLicense(env.DB, id);
    if (!license) throw new Error("no license");
    await adminAct(id, "rotate-key");
    const machine = { forms: ["m"] as const, name: null, platform: null };
    const actor = { actor: "system", requestId: null, now: Math.floor(Date.now() / 1000) } as const;
    expect((await takeSeat(env.DB, license, machine, actor)).ok).toBe(false);
    expect(await count("machines")).toBe(0);
    expect(await codeOf(await activate(key, "m"))).toBe("KEY_ROTATED");
  });

  it("with a rotated key does not use up the limit of the new key", WITH_ROOM, async () => {
    await roomInMinute();
    const { id, key } = await issueLicense();
    const { key: newKey } = await (await adminAct(id, "rotate-key")).json<{ key: string }>();
    const codes = [];
    for (let n = 0; n < 125; n++) codes.push(await codeOf(await activate(key, "thief")));
    expect(codes[0]).toBe("KEY_ROTATED");
    expect(codes.at(-1)).toBe("RATE_LIMITED");
    expect((await activate(newKey, "owner")).status).toBe(201);
  });

  it("of a thief's leases is undone only by an owner", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    const stolen = await (await activate(key, "thief", { offline: true })).json<{ machine: { id: string } }>();
    const path = `/v1/admin/licenses/${id}/machines/${stolen.machine.id}`;
    const { token } = await makeToken(["licenses:write"]);
    expect((await ask("DELETE", path, { token })).status).toBe(204);
    expect(await codeOf(await activate(key, "owner"))).toBe("MACHINE_LIMIT_REACHED");
    expect(await codeOf(await ask("DELETE", `${path}?void_lease=true`, { token }))).toBe("INSUFFICIENT_SCOPE");
    expect((await ask("DELETE", `${path}?void_lease=true`, { token: await ownerToken() })).status).toBe(204);
    expect((await activate(key, "owner")).status).toBe(201);
  });

  it("keeps the machine's name out of the audit trail, which is never erased", async () => {
    const { key } = await issueLicense();
    await activate(key, "m", { name: "Ada's private attic" });
    const { results } = await env.DB.prepare("SELECT * FROM audit").all();
    expect(JSON.stringify(results)).not.toContain("attic");
  });

  it("without a media type names the missing header", async () => {
    const { key } = await issueLicense();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "garbage"]) {
      const headers = { "Content-Type": type };
      const response = await hive("POST", "/v1/licenses/activate", {
        credential: key,
        body: { fingerprint: "m" },
        headers,
      });
      expect(response.status).toBe(400);
      expect(await codeOf(response)).toBe("MALFORMED_REQUEST");
    }
  });

  it("throttles cycling instead of minting machines", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    let granted = 0;
    let refusal = new Response();
    for (let n = 0; n < 40; n++) {
      refusal = await activate(key, `machine-${n}`);
      if (refusal.status !== 201) break;
      granted++;
      await deactivate(key, `machine-${n}`);
    }
    expect(granted).toBe(activationsPerDay({ machine_limit: 1, seat_idle_seconds: null }));
    expect(refusal.status).toBe(429);
    expect(Number(refusal.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await codeOf(refusal)).toBe("RATE_LIMITED");
  });

  it("keeps the seat of an offline lease until it ends", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const response = await activate(key, "air-gapped", { offline: true });
    const { expires_at } = await response.json<{ expires_at: string }>();
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    await deactivate(key, "air-gapped");
    expect(await codeOf(await activate(key, "next"))).toBe("MACHINE_LIMIT_REACHED");
    expect((await activate(key, "air-gapped")).status).toBe(201);
    await deactivate(key, "air-gapped");
    await env.DB.prepare("UPDATE machines SET lease_until = 1").run();
    expect((await activate(key, "next")).status).toBe(201);
  });

  it("gives no lease longer than the plan allows", async () => {
    const { key } = await issueLicense({ plan: "premium-trial" });
    const { expires_at } = await (await activate(key, "m", { offline: true })).json<{ expires_at: string }>();
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(86_400_000);
  });

  it("is refused for a license that is not in force, with the code of its status", async () => {
    const { id, key } = await issueLicense();
    await adminAct(id, "suspend");
    expect(await codeOf(await activate(key, "m"))).toBe("LICENSE_SUSPENDED");
    await adminAct(id, "revoke");
    expect(await codeOf(await activate(key, "m"))).toBe("LICENSE_REVOKED");
    const ended = await issueLicense();
    await env.DB.prepare("UPDATE licenses SET expires_at = 1 WHERE id = ?").bind(ended.id).run();
    const refusal = await activate(ended.key, "m");
    expect(refusal.status).toBe(403);
    expect(await refusal.json()).toMatchObject({ code: "LICENSE_EXPIRED", purchase_url: expect.any(String) });
    expect(await count("machines")).toBe(0);
  });

  it("accepts only the key, and checks it before the body", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    expect(await codeOf(await activate(token, "m"))).toBe("KEY_INVALID");
    const bare = await hive("POST", "/v1/licenses/activate", { body: { nonsense: true } });
    expect(bare.status).toBe(401);
    expect(bare.headers.get("WWW-Authenticate")).toMatch(/^Bearer .*, Basic /);
    expect((await hive("POST", "/v1/licenses/activate", { credential: key, body: {} })).status).toBe(422);
  });

  it("refuses a fingerprint that is empty, huge or binary", async () => {
    const { key } = await issueLicense();
    for (const fingerprint of ["", "x".repeat(257), "a\0b", "a\nb"]) {
      expect(await codeOf(await activate(key, fingerprint))).toBe("VALIDATION_FAILED");
    }
  });
});
