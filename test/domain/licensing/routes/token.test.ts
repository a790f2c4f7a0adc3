import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { codeOf } from "../../../support/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../../support/minute.ts";

const renew = (credential: string, fingerprint: string) =>
  hive("POST", "/v1/licenses/token", { credential, body: { fingerprint } });

describe("a fresh token", () => {
  it("requested repeatedly as a lease leaves one audit entry, and is rate-limited", WITH_ROOM, async () => {
    await roomInMinute();
    const { key } = await issueLicense();
    await activate(key, "a", { offline: true });
    const answers = [];
    for (let n = 0; n < 65; n++) {
      const body = { fingerprint: "a", offline: true };
      answers.push((await hive("POST", "/v1/licenses/token", { credential: key, body })).status);
    }
    expect(answers[0]).toBe(200);
    expect(answers.at(-1)).toBe(429);
    expect(await count("audit", "action = 'machine.lease'")).toBe(1);
  });

  it("renewed each day as a lease is one row updated, and audited only when granted again after its end", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { key } = await issueLicense();
    const lease = () =>
      hive("POST", "/v1/licenses/token", { credential: key, body: { fingerprint: "a", offline: true } });
    await activate(key, "a", { offline: true });
    const until = async () =>
      (await env.DB.prepare("SELECT lease_until FROM machines").first<number>("lease_until")) ?? 0;
    const entries = await count("audit");
    for (let day = 0; day < 4; day++) {
      const before = await until();
      vi.setSystemTime(Date.now() + 86_400_000);
      expect((await lease()).status).toBe(200);
      expect(await until()).toBe(before + 86_400);
    }
    expect(await count("audit")).toBe(entries);
    vi.setSystemTime(Date.now() + 31 * 86_400_000);
    expect((await lease()).status).toBe(200);
    expect(await count("audit", "action = 'machine.lease'")).toBe(2);
    vi.useRealTimers();
  });

  it("stops working when it expires, even if this isolate has just verified it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const me = () => hive("GET", "/v1/licenses/me", { credential: token });
    const first = await me();
    expect(first.status).toBe(200);
    expect(first.headers.get("Vary")).toContain("Authorization");
    vi.setSystemTime(Date.now() + 86_459_000);
    expect((await me()).status).toBe(200);
    vi.setSystemTime(Date.now() + 2_000);
    expect(await codeOf(await me())).toBe("TOKEN_EXPIRED");
    vi.useRealTimers();
  });

  it("is given for the key or the machine's own token, and not for another machine", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    expect((await renew(key, "a")).status).toBe(200);
    expect((await renew(token, "a")).status).toBe(200);
    expect(await codeOf(await renew(token, "b"))).toBe("MACHINE_MISMATCH");
    expect(await codeOf(await renew(key, "never-activated"))).toBe("MACHINE_DEACTIVATED");
  });

  it("is refused at once after the license was revoked", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await adminAct(id, "revoke");
    expect(await codeOf(await renew(token, "a"))).toBe("LICENSE_REVOKED");
    expect(await codeOf(await renew(key, "a"))).toBe("LICENSE_REVOKED");
    const me = await hive("GET", "/v1/licenses/me", { credential: key });
    expect(await me.json()).toMatchObject({ license: { status: "revoked" } });
  });

  it("stops working when the key is rotated", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const rotation = await adminAct(id, "rotate-key");
    const { key: newKey } = await rotation.json<{ key: string }>();
    expect(newKey).not.toBe(key);
    for (const old of [key, token]) expect(await codeOf(await renew(old, "a"))).toBe("KEY_ROTATED");
    expect((await renew(newKey, "a")).status).toBe(200);
  });
});
