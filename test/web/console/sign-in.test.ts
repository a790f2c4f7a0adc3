import { describe, expect, it } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { makeToken } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn, TestBrowser } from "../../support/cookie-browser.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";

describe("console sign-in", () => {
  it("it redirects to the page in `return`", async () => {
    const browser = new TestBrowser();
    const sentAway = await browser.get("/admin/licenses?status=revoked");
    expect(sentAway.status).toBe(303);
    const form = sentAway.headers.get("Location") ?? "";
    const text = await read(browser, form);
    const wanted = /name="return" value="([^"]*)"/.exec(text)?.[1] ?? "";
    expect(wanted).toBe("/admin/licenses?status=revoked");
    const { token } = await makeToken(["licenses:read"]);
    const response = await browser.post("/admin/sign-in", { form: { token: ` ${token}\n`, return: wanted } });
    expect(response.status).toBe(303);
    expect(response.headers.get("Location")).toBe(wanted);
    expect(await read(browser, wanted)).toContain("<h1>Licenses</h1>");
    const again = await browser.get("/admin/sign-in");
    expect([again.status, again.headers.get("Location")]).toEqual([303, "/admin"]);
  });

  it("a key in the address is not repeated", async () => {
    const sentAway = await new TestBrowser().get(`/admin/licenses?q=rbee_lic_${"0".repeat(54)}`);
    expect([sentAway.status, sentAway.headers.get("Location")]).toEqual([303, "/admin/sign-in"]);
  });

  it("it never redirects to another site", async () => {
    const { token } = await makeToken(["owner"]);
    for (const wanted of ["https://evil.example", "//evil.example/admin", "/account", "/admin/../x"]) {
      const response = await new TestBrowser().post("/admin/sign-in", { form: { token, return: wanted } });
      expect(response.headers.get("Location"), wanted).toBe("/admin");
    }
  });

  it("every invalid token gets the same answer, and is not repeated", async () => {
    const expired = await makeToken(["owner"], currentTime() - 1);
    const texts = new Set<string>();
    for (const token of ["", "x", `rbee_adm_${"A".repeat(43)}`, expired.token]) {
      const response = await new TestBrowser().post("/admin/sign-in", { form: { token } });
      expect(response.status).toBe(403);
      const text = await response.text();
      if (token.length > 1) expect(text).not.toContain(token);
      texts.add(text);
    }
    expect(texts.size).toBe(1);
  });

  it("too many invalid tokens from one address are refused on the form", WITH_ROOM, async () => {
    await roomInMinute();
    const browser = new TestBrowser();
    const from = { "CF-Connecting-IP": "192.0.2.77" };
    const statuses: number[] = [];
    for (let n = 0; n < 32; n++) {
      const response = await browser.post("/admin/sign-in", { form: { token: "x" }, headers: from });
      statuses.push(response.status);
      if (response.status !== 429) continue;
      expect(await response.text()).toContain("Please wait a minute");
      expect(response.headers.get("Retry-After")).toBe("60");
    }
    expect(statuses.slice(0, 30).every((status) => status === 403)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
  });

  it("a form of another site is refused", async () => {
    const { token } = await makeToken(["owner"]);
    const headers = { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" };
    const response = await new TestBrowser().post("/admin/sign-in", { form: { token }, headers });
    expect(response.status).toBe(403);
    expect(response.headers.get("Set-Cookie")).toBeNull();
  });
});

describe("console sign-out", () => {
  it("it ends this session, or all sessions of the same token", async () => {
    const { token } = await makeToken(["owner"]);
    const open = async () => {
      const browser = new TestBrowser();
      await browser.post("/admin/sign-in", { form: { token } });
      return browser;
    };
    const [one, two, three] = [await open(), await open(), await open()];
    const isIn = async (browser: TestBrowser) => (await browser.get("/admin/licenses")).status === 200;
    const leave = async (browser: TestBrowser, more: Record<string, string>) =>
      browser.post("/admin/sign-out", {
        form: { csrf_token: csrfTokenIn(await read(browser, "/admin/licenses")), ...more },
      });
    const kept = one.clone();
    expect((await leave(one, {})).headers.get("Location")).toBe("/admin/sign-in");
    expect([await isIn(kept), await isIn(two)]).toEqual([false, true]);
    await leave(two, { everywhere: "yes" });
    expect(await isIn(three)).toBe(false);
  });

  it("a person who signs in again is redirected to a page they may see", async () => {
    for (const [scope, part] of [
      ["releases:read", "/admin/releases"],
      ["audit:read", "/admin/audit"],
      ["tokens:write", "/admin/tokens"],
    ] as const) {
      const browser = await signedIn([scope]);
      expect((await browser.get("/admin")).headers.get("Location")).toBe(part);
    }
  });
});
