import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { activate, adminAct, issueLicense } from "../../support/license-fixture.ts";
import { download, record } from "../../support/usage-fixture.ts";

const HOSTILE = `"><img src=x onerror=alert(1)>`;

describe("page of a license", () => {
  it("it shows the whole story, newest entry first, and never the key", async () => {
    const { id, key } = await issueLicense({ machine_limit: 3 });
    await activate(key, "m", { name: "attic", platform: "linux-x86_64", offline: true });
    await adminAct(id, "suspend", { reason: "owner asked for a pause" });
    const machine = await env.DB.prepare("SELECT fingerprint_hash FROM machines").first<string>("fingerprint_hash");
    await record(download(1, { version: "1.2.3", license_id: id, machine }));
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO mails (id, license_id, kind, occasion, recipient, data, created_at, attempts, last_error) VALUES ('mail_1', ?, 'license_key', 'x', 'ada@example.com', '{}', 1, 5, 'no such mailbox')",
      ).bind(id),
      env.DB.prepare(
        "INSERT INTO stripe_events (id, type, object_id, created, received_at, outcome, attention) VALUES ('evt_1', 'invoice.paid', 'in_1', 2, 2, 'unknown price price_9', 1)",
      ),
      env.DB.prepare("INSERT INTO stripe_event_licenses VALUES ('evt_1', ?)").bind(id),
    ]);
    const text = await read(await signedIn(), `/admin/licenses/${id}`);
    for (const part of [
      "On hold: an admin suspended it.",
      "1 of 3 seats used",
      "attic",
      "offline lease until",
      "owner asked for a pause",
      "Machine activated",
      "Issued</strong>",
      "llm-worker-rbee-premium-cpu 1.2.3 for linux-x86_64 by attic",
      "given up after 5 attempts",
      "https://dashboard.stripe.com/test/events/evt_1",
      "unknown price price_9",
    ]) {
      expect(text).toContain(part);
    }
    expect(text.indexOf("owner asked for a pause")).toBeLessThan(text.indexOf("Issued</strong>"));
    expect(text.indexOf("Issued</strong>")).toBeLessThan(text.indexOf("evt_1"));
    expect(text).not.toMatch(/rbee_lic_/i);
    const mails = await read(await signedIn(), `/admin/licenses/${id}?kind=mail`);
    expect(mails).toContain("given up after 5 attempts");
    expect(mails).not.toContain("Issued</strong>");
  });

  it("audit entries need audit:read", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "suspend", { reason: "owner asked for a pause" });
    const browser = await signedIn(["licenses:write"]);
    const text = await read(browser, `/admin/licenses/${id}`);
    expect(text).toContain("On hold: an admin suspended it.");
    expect(text).not.toContain("owner asked for a pause");
    expect(text).not.toContain("/admin/audit");
    expect((await browser.get(`/admin/licenses/${id}?kind=act`)).status).toBe(403);
    const auditor = await signedIn(["licenses:read", "audit:read"]);
    expect(await read(auditor, `/admin/licenses/${id}?kind=act`)).toContain("owner asked for a pause");
  });

  it("the timeline is paged to its beginning without a gap", async () => {
    const { id } = await issueLicense();
    const begin = currentTime() - 1000;
    await record(
      ...Array.from({ length: 95 }, (_, n) =>
        download(n, { worker_id: "w", version: `0.0.${n}`, license_id: id, at: begin + Math.floor(n / 7) }),
      ),
    );
    const browser = await signedIn();
    const seen: string[] = [];
    let path: string | undefined = `/admin/licenses/${id}?kind=download`;
    for (let page = 0; path !== undefined && page < 5; page++) {
      const text: string = await read(browser, path);
      seen.push(...[...text.matchAll(/w (0\.0\.\d+) for/g)].map(([, version = ""]) => version));
      path = /<a href="([^"]*)" rel="next"/.exec(text)?.[1]?.replaceAll("&amp;", "&").replace("#story", "");
    }
    expect(seen).toHaveLength(95);
    expect(new Set(seen).size).toBe(95);
  });

  it("the timeline is paged without a gap through acts recorded later than they began, such as a refund", async () => {
    const { id } = await issueLicense();
    // Every tenth act took long, while others went on.
    await env.DB.batch(
      Array.from({ length: 95 }, (_, n) =>
        env.DB.prepare(
          "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (printf('chg_%026d', ?1), ?2, 'system', 'act-' || CAST(?1 AS INTEGER), ?3, '{}')",
        ).bind(n, 1000 + 10 * n - (n % 10 === 0 ? 200 : 0), id),
      ),
    );
    const browser = await signedIn();
    const seen: string[] = [];
    let path: string | undefined = `/admin/licenses/${id}?kind=act`;
    for (let page = 0; path !== undefined && page < 5; page++) {
      const text: string = await read(browser, path);
      seen.push(...[...text.matchAll(/>(act-\d+)</g)].map(([, action = ""]) => action));
      path = /<a href="([^"]*)" rel="next"/.exec(text)?.[1]?.replaceAll("&amp;", "&").replace("#story", "");
    }
    expect(seen).toHaveLength(95);
    expect(new Set(seen).size).toBe(95);
  });

  it("text from outside is escaped", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m", { name: HOSTILE.slice(0, 60) });
    await adminAct(id, "suspend", { reason: HOSTILE });
    await env.DB.prepare("UPDATE licenses SET note = ?1, email = ?1 WHERE id = ?2").bind(HOSTILE, id).run();
    const browser = await signedIn();
    for (const path of [
      `/admin/licenses/${id}`,
      "/admin/licenses",
      "/admin/audit",
      `/admin/licenses/${id}/revoke`,
      `/admin/licenses?q=${encodeURIComponent(HOSTILE)}`,
    ]) {
      const text = await read(browser, path);
      expect(text, path).not.toContain("<img");
      expect(text, path).toContain("&lt;img");
    }
  });

  it("an unknown license is 404", async () => {
    const browser = await signedIn();
    for (const id of ["lic_00000000000000000000000000", "nonsense", "%00"]) {
      for (const path of [
        `/admin/licenses/${id}`,
        `/admin/licenses/${id}/revoke`,
        `/admin/licenses/${id}/machines/x/remove`,
      ]) {
        expect((await browser.get(path)).status, path).toBe(404);
      }
    }
  });
});
