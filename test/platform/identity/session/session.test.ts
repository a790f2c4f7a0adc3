import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createService } from "../../../../src/app.ts";
import { currentTime, HOUR, MINUTE } from "../../../../src/lib/time.ts";
import { createRouter } from "../../../../src/platform/http/router.ts";
import { createAdminRouter } from "../../../../src/platform/identity/authentication.ts";
import {
  type ConsoleEnv,
  type CustomerEnv,
  ownForm,
  requireConsole,
  requireCustomer,
  sessionForm,
  signInByToken,
} from "../../../../src/platform/identity/session/guard.ts";
import { endSession, forgetSessions, startSession } from "../../../../src/platform/identity/session/lifecycle.ts";
import type { SubjectAt } from "../../../../src/platform/identity/session/session.ts";
import { revokeAdminToken } from "../../../../src/platform/identity/token-acts.ts";
import { codeOf, makeToken } from "../../../support/admin-request.ts";
import { csrfTokenIn, TestBrowser } from "../../../support/cookie-browser.ts";
import { count, issueLicense } from "../../../support/license-fixture.ts";

/** A service with only the middleware of pages. */
const service = createService();

const account = createRouter<CustomerEnv>();
account.post("/account/sign-in", ownForm, async (c) => {
  const form = await c.req.formData();
  const subject = String(form.get("subject"));
  const by: SubjectAt<"account"> =
    form.get("kind") === "mail" ? { kind: "mail", subject } : { kind: "license", subject, generation: 0 };
  await startSession(c, "account", by, { actor: "system", subject: "test" });
  return c.redirect("/account", 303);
});
account.get("/account", requireCustomer, (c) =>
  c.html(`${c.var.session.by.subject}<input name="csrf_token" value="${c.var.session.csrfToken}">`),
);
account.post("/account/act", requireCustomer, sessionForm, (c) => c.text("done"));
account.post("/account/sign-out", requireCustomer, sessionForm, async (c) => {
  await endSession(c, "account", c.var.session, (await c.req.formData()).get("everywhere") === "yes");
  return c.redirect("/account/sign-in", 303);
});
service.route("/", account);

const signIn = createAdminRouter();
signIn.post("/admin/sign-in", ownForm, async (c) => {
  const token = String((await c.req.formData()).get("token"));
  return (await signInByToken(c, token)) ? c.redirect("/admin", 303) : c.text("no", 403);
});
service.route("/", signIn);

const console = createRouter<ConsoleEnv>();
console.get("/admin", requireConsole(null), (c) =>
  c.html(`${c.var.admin.actor}<input name="csrf_token" value="${c.var.session.csrfToken}">`),
);
console.get("/admin/licenses", requireConsole("licenses:read"), (c) => c.text(c.var.admin.actor));
console.post("/admin/act", requireConsole("licenses:write"), sessionForm, (c) => c.text("done"));
service.route("/", console);

const newBrowser = () => new TestBrowser({ service });

async function signedIn(form: Record<string, string>): Promise<TestBrowser> {
  const browser = newBrowser();
  expect((await browser.post("/account/sign-in", { form })).status).toBe(303);
  return browser;
}

async function signedInAdmin(token: string): Promise<TestBrowser> {
  const browser = newBrowser();
  expect((await browser.post("/admin/sign-in", { form: { token } })).status).toBe(303);
  return browser;
}

const tokenOf = async (browser: TestBrowser, path = "/account") => csrfTokenIn(await (await browser.get(path)).text());
const act = async (browser: TestBrowser, csrf_token: string, headers: Record<string, string> = {}) =>
  (await browser.post("/account/act", { form: { csrf_token }, headers })).status;
const isIn = async (browser: TestBrowser, path = "/account") => (await browser.get(path)).status === 200;

/** Makes every session older. */
const age = (seconds: number, of: "expires_at" | "last_seen_at") =>
  env.DB.prepare(`UPDATE sessions SET ${of} = ${of} - ?`).bind(seconds).run();

let ada: { id: string; key: string };
beforeEach(async () => {
  ada = await issueLicense();
});

describe("a session", () => {
  it("is a cookie for this host only, and its secret is stored nowhere", async () => {
    const response = await newBrowser().post("/account/sign-in", { form: { subject: ada.id } });
    const line = response.headers.get("Set-Cookie") ?? "";
    expect(line).toMatch(/^__Host-rbee_account=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const secret = /=([\w-]{43})/.exec(line)?.[1] ?? "";
    const dump = await env.DB.batch(["sessions", "audit"].map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
    expect(JSON.stringify(dump.map(({ results }) => results))).not.toContain(secret);
    expect(await count("audit", "action = 'account.sign-in'")).toBe(1);
  });

  it("of the console is not sent with links from other sites, which lead through a page that reloads", async () => {
    const { token } = await makeToken(["owner"]);
    const response = await newBrowser().post("/admin/sign-in", { form: { token } });
    expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-rbee_console=.*Max-Age=28800;.*SameSite=Strict$/);
    const fromChat = await newBrowser().get("/admin/licenses", { "Sec-Fetch-Site": "cross-site" });
    expect(fromChat.status).toBe(200);
    expect(await fromChat.text()).toContain('http-equiv="refresh" content="0"');
    expect((await newBrowser().get("/admin/licenses")).headers.get("Location")).toBe(
      "/admin/sign-in?return=%2Fadmin%2Flicenses",
    );
  });

  it("cannot be fixed: a sign-in never reuses an existing cookie, and ends its session", async () => {
    const browser = newBrowser();
    browser.cookies.set("__Host-rbee_account", "A".repeat(43));
    await browser.post("/account/sign-in", { form: { subject: ada.id } });
    expect(browser.cookies.get("__Host-rbee_account")).not.toBe("A".repeat(43));
    const first = browser.clone();
    await browser.post("/account/sign-in", { form: { subject: ada.id } });
    expect([await isIn(first), await isIn(browser)]).toEqual([false, true]);
    expect(await count("sessions")).toBe(1);
  });

  it.each(["", "x", "A".repeat(43), "A".repeat(4000), "' OR 1=1 --"])(
    "does not exist with the cookie %j",
    async (cookie) => {
      await signedIn({ subject: ada.id });
      const browser = newBrowser();
      browser.cookies.set("__Host-rbee_account", cookie);
      const response = await browser.get("/account");
      expect([response.status, response.headers.get("Location")]).toEqual([303, "/account/sign-in"]);
    },
  );

  it("of the account does not work in the console, nor the reverse", async () => {
    const customer = await signedIn({ subject: ada.id });
    const admin = await signedInAdmin((await makeToken(["owner"])).token);
    const secrets = [customer.cookies.get("__Host-rbee_account"), admin.cookies.get("__Host-rbee_console")];
    customer.cookies.set("__Host-rbee_console", secrets[0] ?? "");
    admin.cookies.set("__Host-rbee_account", secrets[1] ?? "");
    expect([await isIn(customer, "/admin"), await isIn(admin)]).toEqual([false, false]);
  });

  it("does not work after signing out, even with a copied cookie", async () => {
    const browser = await signedIn({ subject: ada.id });
    const thief = browser.clone();
    const other = await signedIn({ subject: ada.id });
    const csrf_token = await tokenOf(browser);
    expect((await browser.post("/account/sign-out", { form: { csrf_token } })).status).toBe(303);
    expect(browser.cookies.size).toBe(0);
    expect([await isIn(thief), await act(thief, csrf_token), await isIn(other)]).toEqual([false, 303, true]);
  });

  it("ends everywhere at once: by key for that key, by mail for every session of the address", async () => {
    const byKey = await signedIn({ subject: ada.id });
    const another = await signedIn({ subject: ada.id });
    const byMail = await signedIn({ kind: "mail", subject: "ada@example.com" });
    const grace = await signedIn({ subject: (await issueLicense({ email: "grace@example.com" })).id });
    const everywhere = async (browser: TestBrowser) =>
      browser.post("/account/sign-out", { form: { csrf_token: await tokenOf(browser), everywhere: "yes" } });
    await everywhere(byKey);
    expect([await isIn(another), await isIn(byMail)]).toEqual([false, true]);
    const again = await signedIn({ subject: ada.id });
    await everywhere(byMail);
    expect([await isIn(again), await isIn(byMail), await isIn(grace)]).toEqual([false, false, true]);
  });

  it("ends after an unused hour, and after twelve hours in any case", async () => {
    const browser = await signedIn({ subject: ada.id });
    await age(HOUR - 5, "last_seen_at");
    expect(await isIn(browser)).toBe(true);
    await age(HOUR, "last_seen_at");
    expect(await isIn(browser)).toBe(false);
    const used = await signedIn({ subject: ada.id });
    await age(12 * HOUR, "expires_at");
    expect(await isIn(used)).toBe(false);
    expect(await count("sessions")).toBe(2);
    await forgetSessions(env.DB, currentTime());
    expect(await count("sessions")).toBe(0);
  });

  it("continues while it is used, with one write a minute", async () => {
    const browser = await signedIn({ subject: ada.id });
    const seen = () => env.DB.prepare("SELECT last_seen_at FROM sessions").first<number>("last_seen_at");
    await age(30, "last_seen_at");
    const before = await seen();
    await browser.get("/account");
    expect(await seen()).toBe(before);
    await age(MINUTE, "last_seen_at");
    await browser.get("/account");
    expect(await seen()).toBeGreaterThanOrEqual(currentTime() - 5);
  });

  it("of a key ends when the key is rotated, and that of a mail address continues", async () => {
    const byKey = await signedIn({ subject: ada.id });
    const byMail = await signedIn({ kind: "mail", subject: "ada@example.com" });
    await env.DB.prepare("UPDATE licenses SET generation = 1 WHERE id = ?").bind(ada.id).run();
    expect([await isIn(byKey), await isIn(byMail)]).toEqual([false, true]);
  });
});

describe("a console session", () => {
  it("ends at once when its token is revoked or expires", async () => {
    await makeToken(["owner"]);
    const revoked = await makeToken(["licenses:read"]);
    const browser = await signedInAdmin(revoked.token);
    expect(await isIn(browser, "/admin/licenses")).toBe(true);
    await revokeAdminToken(env.DB, { actor: "system", requestId: null, now: currentTime() }, revoked.record);
    expect(await isIn(browser, "/admin/licenses")).toBe(false);
    const expiring = await makeToken(["licenses:read"], currentTime() + HOUR);
    const second = await signedInAdmin(expiring.token);
    await env.DB.prepare("UPDATE admin_tokens SET expires_at = ? WHERE id = ?")
      .bind(currentTime(), expiring.record.id)
      .run();
    expect(await isIn(second, "/admin")).toBe(false);
  });

  it("has the current scopes of its token", async () => {
    const { token, record } = await makeToken(["licenses:read"]);
    const browser = await signedInAdmin(token);
    expect(await (await browser.get("/admin/licenses")).text()).toBe(`token:${record.id}`);
    const csrf_token = await tokenOf(browser, "/admin");
    const refused = await browser.post("/admin/act", { form: { csrf_token } });
    expect([refused.status, await codeOf(refused)]).toEqual([403, "INSUFFICIENT_SCOPE"]);
    await env.DB.prepare("UPDATE admin_tokens SET scopes = '[\"stats:read\"]'").run();
    expect((await browser.get("/admin/licenses")).status).toBe(403);
  });

  it("ends after an unused half hour", async () => {
    const browser = await signedInAdmin((await makeToken(["owner"])).token);
    await age(30 * MINUTE, "last_seen_at");
    expect(await isIn(browser, "/admin")).toBe(false);
  });

  it("is refused to a false, revoked or expired token with the same answer", async () => {
    await makeToken(["owner"]);
    const revoked = await makeToken(["owner"]);
    await revokeAdminToken(env.DB, { actor: "system", requestId: null, now: currentTime() }, revoked.record);
    const expired = await makeToken(["owner"], currentTime());
    for (const token of ["", "x", `rbee_adm_${"A".repeat(43)}`, ada.key, revoked.token, expired.token]) {
      const response = await newBrowser().post("/admin/sign-in", { form: { token } });
      expect([response.status, await response.text()]).toEqual([403, "no"]);
    }
    expect(await count("sessions")).toBe(0);
  });
});

describe("a form", () => {
  it("is accepted only with its session's token", async () => {
    const browser = await signedIn({ subject: ada.id });
    const stranger = await signedIn({ subject: (await issueLicense({ email: "eve@example.com" })).id });
    const mine = await tokenOf(browser);
    expect(mine).toMatch(/^[\w-]{43}$/);
    expect(await act(browser, mine)).toBe(200);
    const secret = browser.cookies.get("__Host-rbee_account") ?? "";
    for (const forged of ["", "x", await tokenOf(stranger), secret, mine.toLowerCase(), `${mine}A`]) {
      expect(await act(browser, forged), forged).toBe(403);
    }
    expect((await browser.post("/account/act", { form: {} })).status).toBe(403);
  });

  it("of an earlier session is refused", async () => {
    const browser = await signedIn({ subject: ada.id });
    const old = await tokenOf(browser);
    await browser.post("/account/sign-in", { form: { subject: ada.id } });
    expect(await act(browser, old)).toBe(403);
  });

  it.each([
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "", Origin: "https://evil.example" },
    { "Sec-Fetch-Site": "", Origin: "null" },
  ])("from another site is refused, with any token: %o", async (headers) => {
    const browser = await signedIn({ subject: ada.id });
    expect(await act(browser, await tokenOf(browser), headers)).toBe(403);
    const victim = newBrowser();
    const response = await victim.post("/account/sign-in", { form: { subject: ada.id }, headers });
    expect([response.status, victim.cookies.size]).toEqual([403, 0]);
  });

  it("that is not a form is refused as malformed", async () => {
    const browser = await signedIn({ subject: ada.id });
    const response = await browser.post("/account/act", { headers: { "Content-Type": "application/json" } });
    expect([response.status, await codeOf(response)]).toEqual([400, "MALFORMED_REQUEST"]);
  });
});
