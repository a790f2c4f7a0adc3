import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { csrfTokenIn, TestBrowser } from "../../support/cookie-browser.ts";
import { pageAt, send, signedInByKey, signedInByMail } from "../../support/customer.ts";
import {
  activate,
  adminAct,
  count,
  hive,
  type IssuedLicense,
  issueLicense,
  tokenFor,
} from "../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { newPostbox } from "../../support/postbox.ts";
import { textOf } from "../../support/text-of.ts";
import { download, record } from "../../support/usage-fixture.ts";

let ada: IssuedLicense;
let grace: IssuedLicense;
beforeEach(async () => {
  ada = await issueLicense();
  grace = await issueLicense({ email: "grace@example.com" });
});

const machineIdOf = async (license: IssuedLicense): Promise<string> =>
  (await env.DB.prepare("SELECT id FROM machines WHERE license_id = ?").bind(license.id).first<string>("id")) ?? "none";

describe("signing in with a license key", () => {
  it("ignores added spaces, line breaks, hyphens, quotes and unseen characters, and keeps the key out of the URL", async () => {
    const { key } = ada;
    const parts = [key.slice(0, 30), key.slice(30).toLowerCase()];
    for (const mangled of [` ${parts.join("\r\n ")}\t`, `"${parts.join("\u00ad")}"`, `${parts.join("-")}\u200b`]) {
      const browser = await signedInByKey(mangled);
      expect(await pageAt(browser)).toContain(ada.id);
    }
  });

  it("leads to the return path, and never to another site", async () => {
    const browser = new TestBrowser();
    const first = await browser.get(`/account/licenses/${ada.id}`);
    expect(first.headers.get("Location")).toBe(`/account/sign-in?return=%2Faccount%2Flicenses%2F${ada.id}`);
    expect(await pageAt(browser, first.headers.get("Location") ?? "")).toContain(
      `name="return" value="/account/licenses/${ada.id}"`,
    );
    for (const [wanted, led] of [
      [`/account/licenses/${ada.id}`, `/account/licenses/${ada.id}`],
      ["https://evil.example/account", "/account"],
      ["//evil.example/account", "/account"],
    ] as const) {
      const response = await new TestBrowser().post("/account/sign-in", { form: { key: ada.key, return: wanted } });
      expect(response.headers.get("Location")).toBe(led);
    }
  });

  it("shows the fault of a key and keeps the typed text", async () => {
    const mistyped = `${ada.key.slice(0, -1)}${ada.key.endsWith("0") ? "1" : "0"}`;
    const response = await new TestBrowser().post("/account/sign-in", {
      form: { key: mistyped, return: "/account/erase" },
    });
    expect(response.status).toBe(403);
    const html = await response.text();
    expect(html).toContain(`value="${mistyped}"`);
    expect(html).toContain('name="return" value="/account/erase"');
    expect(html).toContain('role="alert"');
    await env.DB.prepare("UPDATE licenses SET generation = 1 WHERE id = ?").bind(ada.id).run();
    const rotated = await new TestBrowser().post("/account/sign-in", { form: { key: ada.key } });
    expect([rotated.status, await rotated.text()]).toEqual([403, expect.stringContaining("newer key")]);
    expect(await count("sessions")).toBe(0);
  });

  it("is rate-limited after many false keys, but not with a genuine one", WITH_ROOM, async () => {
    await roomInMinute();
    const headers = { "CF-Connecting-IP": "192.0.2.44" };
    const guess = () => new TestBrowser().post("/account/sign-in", { form: { key: "rbee_lic_guess" }, headers });
    for (let i = 0; i < 120; i++) expect((await guess()).status).toBe(403);
    expect((await guess()).status).toBe(429);
    const right = await new TestBrowser().post("/account/sign-in", { form: { key: ada.key }, headers });
    expect(right.status).toBe(303);
  });

  it("is rate-limited for each key, so that its holder cannot fill the ledger", WITH_ROOM, async () => {
    await roomInMinute();
    const signIn = async (key: string) => (await new TestBrowser().post("/account/sign-in", { form: { key } })).status;
    for (let i = 0; i < 30; i++) expect(await signIn(ada.key)).toBe(303);
    const refused = await new TestBrowser().post("/account/sign-in", { form: { key: ada.key } });
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
    expect(await signIn(grace.key)).toBe(303);
    expect(await count("sessions")).toBe(31);
    expect(await count("audit", "action = 'account.sign-in'")).toBe(31);
  });

  it("works in any status of the license, and the page explains the status", async () => {
    await adminAct(ada.id, "revoke", { reason: "shared in a forum" });
    const html = await pageAt(await signedInByKey(ada.key));
    expect(html).toContain("We revoked this license on <time");
    expect(html).not.toContain("shared in a forum");
  });

  it("is skipped if already signed in", async () => {
    const browser = await signedInByKey(ada.key);
    const response = await browser.get("/account/sign-in?return=/account/erase");
    expect([response.status, response.headers.get("Location")]).toEqual([303, "/account/erase"]);
  });
});

describe("the account", () => {
  it("shows the key only after a click", async () => {
    const browser = await signedInByKey(ada.key);
    expect(await pageAt(browser)).not.toContain("rbee_lic_0");
    const response = await send(browser, `/account/licenses/${ada.id}/key`);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(await response.text()).toContain(ada.key);
    expect((await browser.get(`/account/licenses/${ada.id}/key`)).status).toBe(404);
  });

  it("lists downloads with the machine's name", async () => {
    await tokenFor(ada.key, "f1", { name: "attic" });
    const machine = await env.DB.prepare("SELECT fingerprint_hash FROM machines").first<string>("fingerprint_hash");
    await record(download(1, { version: "1.2.3", license_id: ada.id, machine }));
    const html = await pageAt(await signedInByKey(ada.key));
    expect(html).toContain("1.2.3");
    expect(html).toContain("attic");
    expect(await pageAt(await signedInByKey(grace.key))).not.toContain("1.2.3");
  });

  it("escapes the names that a hive sends", async () => {
    await tokenFor(ada.key, "f1", { name: '"><script>alert(1)</script>', platform: "<b>" });
    const html = await pageAt(await signedInByKey(ada.key));
    expect(html).not.toMatch(/<script>alert|<b>/);
  });

  it("frees a seat at once for another machine", async () => {
    const small = await issueLicense({ machine_limit: 1 });
    const token = await tokenFor(small.key, "f1", { name: "attic" });
    expect((await activate(small.key, "f2")).status).toBe(409);
    const browser = await signedInByKey(small.key);
    expect(await pageAt(browser)).toContain("Machines: 1 of 1 in use");
    const path = `/account/licenses/${small.id}/machines/${await machineIdOf(small)}/free`;
    for (let i = 0; i < 2; i++) {
      const response = await send(browser, path);
      expect(response.status).toBe(303);
      expect(await pageAt(browser, response.headers.get("Location") ?? "")).toContain("The seat is free.");
    }
    expect((await activate(small.key, "f2")).status).toBe(201);
    expect((await hive("GET", "/v1/licenses/me", { credential: token })).status).toBe(403);
    const entry = await env.DB.prepare("SELECT actor FROM audit WHERE action = 'machine.deactivate'").first("actor");
    expect(entry).toBe(`account:${small.id}`);
  });

  it("asks before it frees a seat, and a visit frees nothing", async () => {
    await tokenFor(ada.key, "f1", { name: "attic" });
    const browser = await signedInByKey(ada.key);
    const path = `/account/licenses/${ada.id}/machines/${await machineIdOf(ada)}/free`;
    expect(await pageAt(browser)).toContain(`href="${path}"`);
    const html = await pageAt(browser, path);
    expect(html).toContain("Free the seat of attic?");
    expect(html).toContain(`action="${path}"`);
    expect(await count("machines", "deactivated_at IS NULL")).toBe(1);
  });

  it("says who is signed in, and offers help by the seller's address", async () => {
    const byKey = await pageAt(await signedInByKey(ada.key));
    expect(byKey).toContain("Signed in with a license key");
    expect(byKey).not.toContain("ada@example.com");
    expect(byKey).toMatch(/href="mailto:[^"]+@/);
    const byMail = await pageAt(await signedInByMail("ada@example.com", newPostbox()));
    expect(byMail).toContain("<strong>ada@example.com</strong>");
  });

  it("lists several licenses, first what needs their owner", async () => {
    const second = await issueLicense();
    await adminAct(second.id, "suspend", { reason: "asked" });
    const html = await pageAt(await signedInByMail("ada@example.com", newPostbox()));
    expect(html.indexOf('role="alert"')).toBeGreaterThan(0);
    expect(html.indexOf('role="alert"')).toBeLessThan(html.indexOf('<div class="cards">'));
    for (const { id } of [ada, second]) expect(html).toContain(`href="/account/licenses/${id}"`);
    expect(html).toContain("0 of 25");
  });

  it("shows until when an offline lease keeps a freed seat", async () => {
    await tokenFor(ada.key, "f1", { name: "attic", offline: true });
    const browser = await signedInByKey(ada.key);
    expect(await pageAt(browser)).toContain("Its seat stays in use until");
    const response = await send(browser, `/account/licenses/${ada.id}/machines/${await machineIdOf(ada)}/free`);
    const html = await pageAt(browser, response.headers.get("Location") ?? "");
    expect(html).toContain("Its seat becomes free when its offline lease ends.");
    expect(html).toContain("Freed. Its offline lease keeps the seat in use until");
    expect(html).toContain("Machines: 1 of 25 in use");
  });

  it("ignores an unknown confirmation in the URL", async () => {
    const html = await pageAt(await signedInByKey(ada.key), `/account/licenses/${ada.id}?done=<b>`);
    expect(html).not.toContain("<b>");
  });
});

describe("an offline lease", () => {
  const path = () => `/account/licenses/${ada.id}/lease`;

  it("is a file with a token of 30 days, for a machine with a seat or a new machine", async () => {
    await tokenFor(ada.key, "f1", { name: "attic" });
    const browser = await signedInByKey(ada.key);
    const machine = await machineIdOf(ada);
    for (const form of [{ machine }, { machine, fingerprint: " f2 " }, { fingerprint: "f3" }]) {
      const response = await send(browser, path(), form);
      expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/jwt"]);
      expect(response.headers.get("Content-Disposition")).toMatch(/^attachment; filename="rbee-lease-mach_\w+\.jwt"$/);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      const { exp = 0, sub } = decodeJwt(await textOf(response));
      expect(sub).toBe(ada.id);
      expect(exp - currentTime()).toBeGreaterThan(29 * DAY);
    }
    expect(await count("machines", "deactivated_at IS NULL AND lease_until > 0")).toBe(3);
  });

  it("is refused on the page, which keeps the typed text", async () => {
    const browser = await signedInByKey(ada.key);
    const nobody = await send(browser, path(), {});
    expect(nobody.status).toBe(422);
    const gone = await send(browser, path(), { machine: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8" });
    expect([gone.status, await gone.text()]).toEqual([403, expect.stringContaining('role="alert"')]);
    await env.DB.prepare("UPDATE licenses SET machine_limit = 0").run();
    const full = await send(browser, path(), { machine: "", fingerprint: "my-box" });
    expect(full.status).toBe(409);
    expect(await full.text()).toContain('value="my-box"');
    await env.DB.prepare("UPDATE licenses SET offline_days = 0").run();
    expect(await pageAt(browser)).not.toContain("/lease");
    expect((await send(browser, path(), { machine: "", fingerprint: "f" })).status).toBe(409);
  });
});

describe("another customer's license", () => {
  it("is not found by any page or form, after a sign-in by key or by mail", async () => {
    await tokenFor(grace.key, "f1", { name: "graces-box" });
    const theirs = await machineIdOf(grace);
    const postbox = newPostbox();
    for (const browser of [await signedInByKey(ada.key), await signedInByMail("ada@example.com", postbox)]) {
      const html = await pageAt(browser);
      expect(html).not.toMatch(new RegExp(`${grace.id}|${theirs}|graces-box`));
      for (const id of [grace.id, "lic_06b4m2v8w5r7q1t3x9z2k4n6p8", "x"]) {
        const base = `/account/licenses/${id}`;
        for (const page of ["", "/rotate-key", `/machines/${theirs}/free`])
          expect((await browser.get(base + page)).status).toBe(404);
        for (const form of ["/key", "/rotate-key", "/lease", "/billing", `/machines/${theirs}/free`]) {
          const response = await send(browser, base + form, { generation: "0", machine: theirs });
          expect([form, response.status]).toEqual([form, 404]);
          expect(await response.text()).not.toContain("graces-box");
        }
      }
      // Another customer's machine is not found.
      expect((await browser.get(`/account/licenses/${ada.id}/machines/${theirs}/free`)).status).toBe(404);
      const mixed = await send(browser, `/account/licenses/${ada.id}/machines/${theirs}/free`);
      expect(mixed.status).toBe(404);
      expect((await send(browser, `/account/licenses/${ada.id}/lease`, { machine: theirs })).status).toBe(403);
    }
    expect(await count("machines", "deactivated_at IS NULL AND lease_until = 0")).toBe(1);
    expect(await count("licenses", "generation = 0")).toBe(2);
  });

  it("of the same address is not found after a sign-in by key", async () => {
    const second = await issueLicense();
    const browser = await signedInByKey(ada.key);
    expect(await pageAt(browser)).not.toContain(second.id);
    expect((await browser.get(`/account/licenses/${second.id}`)).status).toBe(404);
  });
});

describe("every form of the account", () => {
  const forms = ["key", "rotate-key", "lease", "billing", "machines/mach_x/free"].map(
    (name) => `/account/licenses/ID/${name}`,
  );

  it.each([...forms, "/account/erase", "/account/erase/link", "/account/sign-out"])(
    "%s needs the session's token and our own page",
    async (form) => {
      const path = form.replace("ID", ada.id);
      const browser = await signedInByKey(ada.key);
      const stranger = await signedInByKey(grace.key);
      const csrf_token = csrfTokenIn(await pageAt(stranger));
      expect((await browser.post(path, { form: { csrf_token } })).status).toBe(403);
      expect((await browser.post(path, { form: {} })).status).toBe(403);
      expect((await send(browser, path, {}, { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
      expect((await new TestBrowser().post(path)).headers.get("Location")).toBe("/account/sign-in");
      await pageAt(browser);
    },
  );
});
