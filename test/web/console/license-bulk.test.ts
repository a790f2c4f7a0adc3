import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import type { Scope } from "../../../src/platform/config/scopes.ts";
import { hiddenFields, read, send, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn, type TestBrowser } from "../../support/cookie-browser.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const FORM = "/admin/licenses/bulk/suspend?q=leaky.example";

/** Issues licenses to addresses of one domain. Returns their ids. */
async function issued(...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push((await issueLicense({ email: `${name}@leaky.example` })).id);
  return ids;
}

const chosen = (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, "yes"]));

/** Sends a form and returns the preview. */
async function previewOf(browser: TestBrowser, path: string, form: Record<string, string>): Promise<string> {
  const response = await send(browser, path, form);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

const states = async (ids: readonly string[]): Promise<unknown[]> =>
  (
    await env.DB.prepare(
      "SELECT id, admin_state FROM licenses WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    )
      .bind(JSON.stringify(ids))
      .all()
  ).results.map(({ admin_state }) => admin_state);

const acts = (action: string, reason: string) => count("audit", `action = '${action}' AND reason = '${reason}'`);

describe("acts on many licenses", () => {
  it("the list of found licenses leads to a form with each of them, and the list of all licenses does not", async () => {
    const ids = await issued("ada", "grace");
    await issueLicense({ email: "other@example.com" });
    const browser = await signedIn(["licenses:write"]);
    expect(await read(browser, "/admin/licenses?q=leaky.example")).toContain(`href="${FORM}"`);
    expect(await read(browser, "/admin/licenses")).not.toContain("/bulk/");
    expect(await read(await signedIn(["licenses:read"]), "/admin/licenses?q=leaky.example")).not.toContain("/bulk/");
    const form = await read(browser, FORM);
    for (const id of ids) expect(form).toContain(`name="${id}" value="yes" checked`);
    expect(form).not.toContain("other@example.com");
    expect(await read(browser, "/admin/licenses/bulk/suspend")).toContain("Search or filter the list");
  });

  it("the preview changes nothing; its button acts on each license with an audit entry and the reason", async () => {
    const ids = await issued("ada", "grace", "joan");
    const browser = await signedIn(["licenses:write"]);
    const [first = "", second = "", left = ""] = ids;
    const preview = await previewOf(browser, FORM, { ...chosen([first, second]), reason: "leaked" });
    expect(preview).toContain("2 licenses will change");
    expect(preview).not.toContain("joan@leaky.example");
    expect(await acts("license.suspend", "leaked")).toBe(0);
    const done = await browser.post(FORM, { form: hiddenFields(preview) });
    expect(await done.text()).toContain("2 licenses of 2 done");
    expect(await states([first, second])).toEqual(["suspended", "suspended"]);
    expect(await states([left])).toEqual(["none"]);
    expect(await acts("license.suspend", "leaked")).toBe(2);
    for (const id of [first, second]) expect(await env.EDGE.get(`license:${id}`)).toContain("suspended");
  });

  it("pressing the button again acts once", async () => {
    const ids = await issued("ada", "grace");
    const browser = await signedIn(["licenses:write"]);
    const path = FORM.replace("suspend", "extend");
    const end = currentTime() + 30 * DAY;
    await env.DB.prepare("UPDATE licenses SET expires_at = ?").bind(end).run();
    const preview = await previewOf(browser, path, { ...chosen(ids), days: "10", until: "", reason: "outage" });
    const form = hiddenFields(preview);
    for (let i = 0; i < 2; i++) expect((await browser.post(path, { form })).status).toBe(200);
    expect(await acts("license.extend", "outage")).toBe(2);
    const { results } = await env.DB.prepare("SELECT extended_until FROM licenses").all();
    expect(results).toEqual(ids.map(() => ({ extended_until: end + 10 * DAY })));
  });

  it("a license that the act is refused for is left out and named, with the reason", async () => {
    const [first = "", revoked = ""] = await issued("ada", "grace");
    await env.DB.prepare("UPDATE licenses SET admin_state = 'revoked' WHERE id = ?").bind(revoked).run();
    const browser = await signedIn(["licenses:write"]);
    const preview = await previewOf(browser, FORM, { ...chosen([first, revoked]), reason: "leaked" });
    expect(preview).toContain("1 license will change");
    expect(preview).toMatch(/Left out: grace@leaky\.example/);
    await browser.post(FORM, { form: hiddenFields(preview) });
    expect(await states([first, revoked])).toEqual(["suspended", "revoked"]);
  });

  it("a failure of one license is listed and can be tried again, without another act on the others", async () => {
    const [first = "", second = ""] = await issued("ada", "grace");
    const browser = await signedIn(["licenses:write"]);
    const preview = await previewOf(browser, FORM, { ...chosen([first, second]), reason: "leaked" });
    const turn = (state: string) =>
      env.DB.prepare("UPDATE licenses SET admin_state = ? WHERE id = ?").bind(state, second).run();
    await turn("revoked");
    const outcome = await (await browser.post(FORM, { form: hiddenFields(preview) })).text();
    expect(outcome).toContain("1 license of 2 done");
    expect(outcome).toContain("1 license did not change");
    await turn("none");
    const again = await (await browser.post(FORM, { form: hiddenFields(outcome) })).text();
    expect(again).toContain("1 license of 1 done");
    expect(await states([first, second])).toEqual(["suspended", "suspended"]);
    expect(await acts("license.suspend", "leaked")).toBe(2);
  });

  it("without a license, without a reason or with too many licenses, the form says so", async () => {
    const [id = ""] = await issued("ada", "grace");
    const browser = await signedIn(["licenses:write"]);
    const many = Array.from({ length: 51 }, (_, n) => `lic_${String(n).padStart(26, "0")}`);
    for (const [form, fault] of [
      [{ reason: "leaked" }, "Choose at least one license."],
      [{ ...chosen([id]), reason: "" }, "Please say why"],
      [{ ...chosen(many), reason: "leaked" }, "Choose at most 50 licenses."],
    ] as const) {
      const response = await send(browser, FORM, { ...form });
      expect([response.status, (await response.text()).includes(fault)]).toEqual([422, true]);
    }
  });

  it("the day's limit of acts holds for all of them together", async () => {
    const ids = await issued("ada", "grace");
    const limits = JSON.stringify({ revoke: { alarm: 1, stop: 1 } });
    const revoke = FORM.replace("suspend", "revoke");
    const attempt = async (scopes: Scope[]) => {
      const browser = await signedIn(scopes, { ...env, ACT_LIMITS: limits } as unknown as Env);
      const preview = await previewOf(browser, revoke, { ...chosen(ids), reason: "leaked" });
      return browser.post(revoke, { form: hiddenFields(preview) });
    };
    const stopped = await attempt(["licenses:write"]);
    expect([stopped.status, await states(ids)]).toEqual([429, ["none", "none"]]);
    expect((await attempt(["owner"])).status).toBe(200);
    expect(await states(ids)).toEqual(["revoked", "revoked"]);
    expect(expectLogged("acts.unusual")).toMatchObject([
      { count: 0, stopped: true },
      { count: 2, stopped: false },
    ]);
  });

  it("if no license would change, the form says why", async () => {
    const ids = await issued("ada", "grace");
    const response = await send(await signedIn(["licenses:write"]), FORM.replace("suspend", "extend"), {
      ...chosen(ids),
      ...{ days: "10", until: "", reason: "outage" },
    });
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining("None of them would change"),
    ]);
  });

  it("a form from another session changes nothing", async () => {
    const ids = await issued("ada", "grace");
    const [browser, other] = [await signedIn(["licenses:write"]), await signedIn(["licenses:write"])];
    const preview = await previewOf(browser, FORM, { ...chosen(ids), reason: "leaked" });
    const csrf_token = csrfTokenIn(await read(other, "/admin/licenses"));
    const response = await browser.post(FORM, { form: { ...hiddenFields(preview), csrf_token } });
    expect([response.status, await states(ids)]).toEqual([403, ["none", "none"]]);
  });
});
