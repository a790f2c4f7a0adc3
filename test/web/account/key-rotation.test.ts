import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { csrfTokenIn, type TestBrowser } from "../../support/cookie-browser.ts";
import { pageAt, send, signedInByKey } from "../../support/customer.ts";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { activate, adminAct, count, type IssuedLicense, issueLicense } from "../../support/license-fixture.ts";
import { newPostbox } from "../../support/postbox.ts";

let ada: IssuedLicense;
beforeEach(async () => {
  ada = await issueLicense();
});

describe("replacing the key", () => {
  const rotate = (browser: TestBrowser, generation = "0") =>
    send(browser, `/account/licenses/${ada.id}/rotate-key`, { generation });

  it("explains the consequences, shows and mails the new key, and ends the old key and its other sessions", async () => {
    const postbox = newPostbox();
    const browser = await signedInByKey(ada.key, postbox.env);
    const thief = await signedInByKey(ada.key);
    expect(await pageAt(browser, `/account/licenses/${ada.id}/rotate-key`)).toContain("stops working at once");
    const html = await (await rotate(browser)).text();
    const key = /rbee_lic_\w{55}/.exec(html)?.[0] ?? "";
    expect(key).not.toBe(ada.key);
    expect(postbox.letters.map(({ to, text }) => [to, text.includes(key)])).toEqual([["ada@example.com", true]]);
    expect((await activate(ada.key, "f1")).status).toBe(401);
    expect((await activate(key, "f1")).status).toBe(201);
    expect((await thief.get("/account")).status).toBe(303);
    await pageAt(browser);
  });

  it("is neither offered nor done for a revoked license", async () => {
    const browser = await signedInByKey(ada.key);
    expect(await pageAt(browser, `/account/licenses/${ada.id}`)).toContain("/rotate-key");
    await adminAct(ada.id, "revoke");
    expect(await pageAt(browser, `/account/licenses/${ada.id}`)).not.toContain("/rotate-key");
    expect((await browser.get(`/account/licenses/${ada.id}/rotate-key`)).status).toBe(409);
    expect((await rotate(browser)).status).toBe(409);
    expect(await count("licenses", "generation > 0")).toBe(0);
    expect(await count("mails", "kind = 'key_rotated'")).toBe(0);
  });

  it.each(["key", "rotate-key", "lease"])(
    "shows nothing to a thief whose %s request had just been admitted",
    async (form) => {
      let isLetIn = false;
      const DB = hookedLedger(async (run) => {
        if (isLetIn) await env.DB.prepare("UPDATE licenses SET generation = 1 WHERE id = ?").bind(ada.id).run();
        return run();
      });
      const thief = await signedInByKey(ada.key, { ...env, DB });
      const csrf_token = csrfTokenIn(await pageAt(thief));
      isLetIn = true;
      const asked = { csrf_token, generation: "0", fingerprint: "thiefs-box" };
      const response = await thief.post(`/account/licenses/${ada.id}/${form}`, { form: asked });
      expect(response.status).toBe(404);
      expect(await response.text()).not.toMatch(/rbee_lic_\w{55}|eyJ/);
    },
  );

  it("happens once for a repeated form", async () => {
    const browser = await signedInByKey(ada.key, newPostbox().env);
    const keys = [];
    for (let i = 0; i < 3; i++) keys.push(/rbee_lic_\w{55}/.exec(await (await rotate(browser)).text())?.[0]);
    expect(new Set(keys).size).toBe(1);
    expect(await env.DB.prepare("SELECT generation FROM licenses WHERE id = ?").bind(ada.id).first("generation")).toBe(
      1,
    );
    expect(await count("mails", "kind = 'key_rotated'")).toBe(1);
  });

  it("happens once for two concurrent clicks, and both show the new key", async () => {
    const browser = await signedInByKey(ada.key, newPostbox().env);
    const form = { csrf_token: csrfTokenIn(await pageAt(browser)), generation: "0" };
    const click = () => browser.post(`/account/licenses/${ada.id}/rotate-key`, { form });
    const shown = await Promise.all((await Promise.all([click(), click()])).map((response) => response.text()));
    const keys = new Set(shown.map((html) => /rbee_lic_\w{55}/.exec(html)?.[0]));
    expect([keys.size, keys.has(ada.key), keys.has(undefined)]).toEqual([1, false, false]);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(1);
  });

  it("changes nothing if an admin rotates the key at the same time", async () => {
    let batches: number | null = null;
    const DB = hookedLedger(async (run) => {
      // The first batch reads the license for the form, the second for the decision.
      if (batches !== null && ++batches === 2) expect((await adminAct(ada.id, "rotate-key")).status).toBe(200);
      return run();
    });
    const browser = await signedInByKey(ada.key, { ...newPostbox().env, DB });
    const form = { csrf_token: csrfTokenIn(await pageAt(browser)), generation: "0" };
    batches = 0;
    const response = await browser.post(`/account/licenses/${ada.id}/rotate-key`, { form });
    const html = await response.text();
    expect([response.status, html]).toEqual([409, expect.stringContaining("Somebody else replaced the key")]);
    expect(html).not.toMatch(/rbee_lic_\w{55}/);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(1);
    expect(await count("licenses", "generation = 1")).toBe(1);
  });
});
