import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { activationsPerDay } from "../../src/licensing/machine-store.ts";
import { codeOf } from "../admin/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "./license-fixture.ts";

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

  it("stores no fingerprint", async () => {
    const { key } = await issueLicense();
    await activate(key, "very-telling-fingerprint");
    const { results } = await env.DB.prepare("SELECT * FROM machines").all();
    expect(JSON.stringify(results)).not.toContain("very-telling");
  });

  it("lets exactly one of twenty have the last seat", async () => {
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

  it("of one machine by twenty requests at once takes one seat", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => activate(key, "same")));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(await count("machines")).toBe(1);
  });

  it("frees a seat by deactivation, repeatably, and the machine's token opens nothing any more", async () => {
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
    expect(granted).toBe(activationsPerDay(1));
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

  it("gives no longer lease than the plan allows", async () => {
    const { key } = await issueLicense({ plan: "premium-trial" });
    const { expires_at } = await (await activate(key, "m", { offline: true })).json<{ expires_at: string }>();
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(86_400_000);
  });

  it("is refused for a license that is not in force, with its code", async () => {
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

  it("takes the key only, and asks for it before it looks at the body", async () => {
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

describe("a fresh token", () => {
  const renew = (credential: string, fingerprint: string) =>
    hive("POST", "/v1/licenses/token", { credential, body: { fingerprint } });

  it("comes for the key or the machine's own token, and not for another machine", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    expect((await renew(key, "a")).status).toBe(200);
    expect((await renew(token, "a")).status).toBe(200);
    expect(await codeOf(await renew(token, "b"))).toBe("MACHINE_MISMATCH");
    expect(await codeOf(await renew(key, "never-activated"))).toBe("MACHINE_DEACTIVATED");
  });

  it("comes no more once the license is revoked, at once", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await adminAct(id, "revoke");
    expect(await codeOf(await renew(token, "a"))).toBe("LICENSE_REVOKED");
    expect(await codeOf(await renew(key, "a"))).toBe("LICENSE_REVOKED");
    const me = await hive("GET", "/v1/licenses/me", { credential: key });
    expect(await me.json()).toMatchObject({ license: { status: "revoked" } });
  });

  it("dies with the key's generation", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const rotation = await adminAct(id, "rotate-key");
    const { key: newKey } = await rotation.json<{ key: string }>();
    expect(newKey).not.toBe(key);
    for (const old of [key, token]) expect(await codeOf(await renew(old, "a"))).toBe("KEY_ROTATED");
    expect((await renew(newKey, "a")).status).toBe(200);
  });
});
