import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { envWith, LaggingKv } from "../delivery/lagging-kv.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../licensing/license-fixture.ts";
import { csrfTokenIn } from "../session/browser.ts";
import { act, hiddenFields, read, send, signedIn } from "./admin.ts";

const HOSTILE = `"><img src=x onerror=alert(1)>`;

/** Where the search of the console leads for what is entered. */
async function find(q: string) {
  const browser = await signedIn(["licenses:read"]);
  const csrf_token = csrfTokenIn(await read(browser, "/admin/licenses"));
  return browser.post("/admin/licenses/search", { form: { csrf_token, q } });
}

describe("finding a license", () => {
  it("leads straight to the one that is meant, by its key too, which stands in no address", async () => {
    const { id, key } = await issueLicense();
    await issueLicense({ email: "grace@example.com" });
    await activate(key, "m");
    const machine = await env.DB.prepare("SELECT id, fingerprint_hash FROM machines").first<Record<string, string>>();
    for (const q of [
      key,
      ` ${key.toLowerCase()}\n`,
      id,
      machine?.["id"],
      machine?.["fingerprint_hash"],
      "Ada@",
      "ada@example.com",
    ]) {
      const response = await find(q ?? "");
      expect([q, response.status, response.headers.get("Location")]).toEqual([q, 303, `/admin/licenses/${id}`]);
    }
  });

  it("lists those that fit, and says so where none does", async () => {
    await issueLicense({ email: "ada@one.example" });
    await issueLicense({ email: "ada@two.example" });
    const location = (await find("ada@")).headers.get("Location") ?? "";
    expect(location).toBe("/admin/licenses?q=ada%40");
    const browser = await signedIn(["licenses:read"]);
    const text = await read(browser, location);
    expect(text).toContain("ada@one.example");
    expect(text).toContain("ada@two.example");
    expect(await read(browser, "/admin/licenses?q=nobody")).toContain("No license fits");
    expect(await read(browser, "/admin/licenses?status=&plan=")).toContain("ada@one.example");
    expect(await read(browser, "/admin/licenses?status=revoked")).not.toContain("ada@one.example");
  });

  it("refuses what is a secret and no key of ours, and repeats none", async () => {
    const { key } = await issueLicense();
    const forged = `${key.slice(0, -4)}0000`;
    for (const q of [forged, `rbee_adm_${"A".repeat(43)}`, "eyJhbGciOiJFZERTQSJ9.e30.c2ln", `key ${key}`]) {
      const response = await find(q);
      expect(response.status).toBe(422);
      expect(await response.text()).not.toContain(q);
    }
    const browser = await signedIn();
    const typed = await browser.get(`/admin/licenses?q=${key}`);
    expect(typed.status).toBe(422);
    expect(await typed.text()).not.toContain(key);
  });

  it("refuses what is longer than anything known of a license, rather than lead to an address that long", async () => {
    const response = await find("a".repeat(20_000));
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("254 characters at most");
  });

  it("goes on page by page", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE rows (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM rows WHERE n < 51)
       INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, status_index, livemode, last_change, created_at, updated_at)
       SELECT printf('lic_%026d', n), printf('page%d@example.com', n), 'premium-trial', '[]', '*', 1, 0, n, 0, 'chg_0', 0, 0 FROM rows`,
    ).run();
    const browser = await signedIn();
    const first = await read(browser, "/admin/licenses?q=page");
    const next = /<a href="([^"]*)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await read(browser, next);
    const mails = (text: string) => [...text.matchAll(/>(page\d+@example\.com)</g)].map(([, mail]) => mail);
    expect(mails(first)).toHaveLength(50);
    expect(mails(second)).toHaveLength(2);
    expect(new Set([...mails(first), ...mails(second)]).size).toBe(52);
    expect(second).not.toContain('rel="next"');
  });
});

describe("the page of a license", () => {
  it("tells its whole story, newest first, and none of its key", async () => {
    const { id, key } = await issueLicense({ machine_limit: 3 });
    await activate(key, "m", { name: "attic", platform: "linux-x86_64", offline: true });
    await adminAct(id, "suspend", { reason: "owner asked for a pause" });
    const { fingerprint_hash } = (await env.DB.prepare("SELECT fingerprint_hash FROM machines").first()) ?? {};
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO downloads VALUES ('dl_1', 'llm-worker-rbee-premium-cpu', '1.2.3', 'linux-x86_64', ?, ?, unixepoch())",
      ).bind(id, fingerprint_hash),
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
      "1 of 3 active",
      "attic",
      "offline lease until",
      "owner asked for a pause",
      "Machine activated",
      "Issued by hand",
      "llm-worker-rbee-premium-cpu 1.2.3 for linux-x86_64 by attic",
      "given up after 5 attempts",
      "https://dashboard.stripe.com/test/events/evt_1",
      "unknown price price_9",
    ]) {
      expect(text).toContain(part);
    }
    expect(text.indexOf("owner asked for a pause")).toBeLessThan(text.indexOf("Issued by hand</strong>"));
    expect(text.indexOf("Issued by hand</strong>")).toBeLessThan(text.indexOf("evt_1"));
    expect(text).not.toMatch(/rbee_lic_/i);
    const mails = await read(await signedIn(), `/admin/licenses/${id}?kind=mail`);
    expect(mails).toContain("given up after 5 attempts");
    expect(mails).not.toContain("Issued by hand</strong>");
  });

  it("keeps the entries of the audit trail for who may read it", async () => {
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

  it("reads on to the beginning without losing anything", async () => {
    const { id } = await issueLicense();
    await env.DB.batch(
      Array.from({ length: 95 }, (_, n) =>
        env.DB.prepare("INSERT INTO downloads VALUES (?, 'w', ?, 'linux-x86_64', ?, NULL, ?)").bind(
          `dl_${n}`,
          `0.0.${n}`,
          id,
          1000 + Math.floor(n / 7),
        ),
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

  it("reads on through acts that were recorded later than they began, as a refund's are", async () => {
    const { id } = await issueLicense();
    // Every tenth took long, while others went on.
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

  it("escapes whatever others have written", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m", { name: HOSTILE.slice(0, 60) });
    await env.DB.prepare("UPDATE licenses SET note = ?1, email = ?1 WHERE id = ?2").bind(HOSTILE, id).run();
    await adminAct(id, "suspend", { reason: HOSTILE });
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

  it("is 404 for a license that is not", async () => {
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

describe("an act upon a license", () => {
  it("changes nothing until its preview is confirmed, then once, with the reason and who gave it", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "m", { name: "attic" });
    const browser = await signedIn(["licenses:write"]);
    const path = `/admin/licenses/${id}/revoke`;
    const asked = await send(browser, path, { reason: "leaked on a forum" });
    const preview = await asked.text();
    expect(preview).toContain("refused at once");
    expect(preview).toContain("within 70 seconds");
    expect(preview).toContain("1 machine can no longer download: attic.");
    expect(await count("audit", "action = 'license.revoke'")).toBe(0);
    const button = hiddenFields(preview);
    const [first, again] = [await browser.post(path, { form: button }), await browser.post(path, { form: button })];
    for (const response of [first, again]) {
      expect(response.status).toBe(303);
      expect(response.headers.get("Location")).toBe(`/admin/licenses/${id}?done=revoke&edge=published`);
    }
    expect(await read(browser, first.headers.get("Location") ?? "")).toContain("The license is revoked.");
    const entries = await env.DB.prepare("SELECT reason, actor FROM audit WHERE action = 'license.revoke'").all();
    expect(entries.results).toEqual([{ reason: "leaked on a forum", actor: expect.stringMatching(/^token:adm_/) }]);
    const refused = await hive("POST", "/v1/licenses/token", { credential: token, body: { fingerprint: "m" } });
    expect(refused.status).toBe(403);
  });

  it("that the edge does not follow yet is told as such", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m");
    const machine = await env.DB.prepare("SELECT id FROM machines").first<string>("id");
    const kv = new LaggingKv();
    kv.isDown = true;
    const browser = await signedIn(["licenses:write"], envWith(kv));
    for (const path of [`/admin/licenses/${id}/machines/${machine}/remove`, `/admin/licenses/${id}/revoke`]) {
      const { response } = await act(browser, path, { reason: "stolen" });
      const page = await read(browser, response.headers.get("Location") ?? "");
      expect(page, path).toContain("Downloads do not follow yet");
    }
  });

  it("asks again for what is missing, and loses no input", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/extend`;
    const response = await send(browser, path, { reason: " ", days: "30", until: "2027-01-01" });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain("Please say why");
    expect(text).toContain('value="30"');
    const both = await (await send(browser, path, { reason: "goodwill", days: "30", until: "2027-01-01" })).text();
    expect(both).toContain("Give either days or a date.");
    expect(both).toContain("goodwill</textarea>");
  });

  it("that the state does not allow is refused on its form", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    const browser = await signedIn();
    const response = await send(browser, `/admin/licenses/${id}/suspend`, { reason: "why not" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("which is more than suspended");
  });

  it("of reinstating what is revoked is an owner's alone", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    const support = await signedIn(["licenses:write"]);
    expect(await read(support, `/admin/licenses/${id}`)).not.toContain(`/admin/licenses/${id}/reinstate`);
    expect((await send(support, `/admin/licenses/${id}/reinstate`, { reason: "r" })).status).toBe(403);
    const owner = await signedIn();
    expect(await read(owner, `/admin/licenses/${id}`)).toContain(`/admin/licenses/${id}/reinstate`);
    const { preview, response } = await act(owner, `/admin/licenses/${id}/reinstate`, { reason: "a mistake" });
    expect(preview).toContain("in force again at once");
    expect(response.status).toBe(303);
  });

  it("of extending moves the end by days, or to a day", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const end = async () =>
      (await env.DB.prepare("SELECT coalesce(extended_until, expires_at) AS at FROM licenses").first<number>("at")) ??
      0;
    const before = await end();
    const browser = await signedIn();
    await act(browser, `/admin/licenses/${id}/extend`, { reason: "goodwill", days: "10", until: "" });
    expect(await end()).toBe(before + 10 * 86_400);
    await act(browser, `/admin/licenses/${id}/extend`, { reason: "goodwill", days: "", until: "2036-02-29" });
    expect(await end()).toBe(Date.parse("2036-02-29T23:59:59Z") / 1000);
  });

  it("of extending does what its preview said, whatever has become of the end since", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const end = async () =>
      (await env.DB.prepare("SELECT coalesce(extended_until, expires_at) AS at FROM licenses").first<number>("at")) ??
      0;
    const before = await end();
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/extend`;
    const button = hiddenFields(
      await (await send(browser, path, { reason: "goodwill", days: "30", until: "" })).text(),
    );
    await adminAct(id, "extend", { days: 10 });
    expect((await browser.post(path, { form: button })).status).toBe(303);
    expect((await browser.post(path, { form: button })).status).toBe(303);
    expect(await end()).toBe(before + 30 * 86_400);
    const overtaken = hiddenFields(await (await send(browser, path, { reason: "again", days: "5", until: "" })).text());
    await adminAct(id, "extend", { days: 10 });
    expect((await browser.post(path, { form: overtaken })).status).toBe(409);
    expect(await end()).toBe(before + 40 * 86_400);
  });

  it("of rotating shows the new key in its answer, the same however often the button is pressed, and at no address", async () => {
    const { id, key } = await issueLicense();
    const browser = await signedIn();
    const path = `/admin/licenses/${id}/rotate-key`;
    const button = hiddenFields(await (await send(browser, path, { reason: "leaked" })).text());
    const response = await browser.post(path, { form: button });
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const fresh = /rbee_lic_\w+/.exec(await response.text())?.[0] ?? "";
    expect(await (await browser.post(path, { form: button })).text()).toContain(fresh);
    expect(fresh).not.toBe(key);
    expect((await activate(fresh, "m")).status).toBe(201);
    expect((await activate(key, "m")).status).toBe(401);
    expect(await read(browser, path)).not.toContain(fresh);
    expect(await read(browser, `/admin/licenses/${id}`)).not.toMatch(/rbee_lic_/i);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(1);
  });

  it("of issuing makes one license, mailed if that is wanted, and shows its key", async () => {
    const browser = await signedIn(["licenses:write"]);
    const form = {
      plan: "premium-lifetime",
      email: " Grace@Example.com ",
      machine_limit: "7",
      until: "2036-02-29",
      note: HOSTILE,
      reason: "review copy",
    };
    const asked = await send(browser, "/admin/licenses/new", form);
    const preview = await asked.text();
    expect(preview).toContain("mailed to nobody");
    const button = hiddenFields(preview);
    const first = await (await browser.post("/admin/licenses/new", { form: button })).text();
    const again = await (await browser.post("/admin/licenses/new", { form: button })).text();
    const [key] = /rbee_lic_\w+/.exec(first) ?? [];
    expect(key).toBeDefined();
    expect(again).toContain(key);
    const { results } = await env.DB.prepare("SELECT email, machine_limit, expires_at, note FROM licenses").all();
    expect(results).toEqual([
      {
        email: "grace@example.com",
        machine_limit: 7,
        expires_at: Date.parse("2036-02-29T23:59:59Z") / 1000,
        note: HOSTILE,
      },
    ]);
    expect(await count("mails")).toBe(0);
    expect(await count("audit", "action = 'license.issue' AND reason = 'review copy'")).toBe(1);
  });

  it.each([
    ["plan", "premium-free"],
    ["email", "nobody"],
    ["machine_limit", "0"],
    ["machine_limit", "many"],
    ["until", "2020-01-01"],
    ["until", "2026-02-30"],
    ["reason", ""],
  ])("of issuing is refused with %s %j", async (field, value) => {
    const browser = await signedIn();
    const good = {
      plan: "premium-lifetime",
      email: "a@b.example",
      machine_limit: "",
      until: "",
      note: "",
      reason: "r",
    };
    const response = await send(browser, "/admin/licenses/new", { ...good, [field]: value });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(`id="${field}-error"`);
    expect(await count("licenses")).toBe(0);
  });

  it("of freeing a seat leaves a lease alone, unless an owner voids it", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    await activate(key, "m", { name: "attic", offline: true });
    const machine = await env.DB.prepare("SELECT id FROM machines").first<string>("id");
    const path = `/admin/licenses/${id}/machines/${machine}/remove`;
    const support = await signedIn(["licenses:write"]);
    expect(await read(support, path)).not.toContain("void_lease");
    expect((await send(support, path, { reason: "r", void_lease: "yes" })).status).toBe(403);
    const { preview } = await act(support, path, { reason: "stolen" });
    expect(preview).toContain("keeps the seat until");
    expect((await activate(key, "other")).status).toBe(409);
    const owner = await signedIn();
    const voided = await act(owner, path, { reason: "stolen", void_lease: "yes" });
    expect(voided.preview).toContain("Its seat is free at once.");
    expect((await activate(key, "other")).status).toBe(201);
    expect(await count("audit", "action = 'machine.deactivate' AND reason = 'stolen'")).toBe(2);
  });
});
