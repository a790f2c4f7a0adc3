import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { pageAt, send, signedInByKey } from "../../support/customer.ts";
import { find } from "../../support/html-document.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";

const { pay, shopEnv, status } = await openShop();

it("billing: the account leads to the customer's own portal, and back", async () => {
  const { key = "", license } = await status(await pay("premium-monthly", { email: "ada@example.com" }));
  const browser = await signedInByKey(key, shopEnv);
  const account = await browser.get("/account");
  const response = await send(browser, `/account/licenses/${license?.id}/billing`);
  expect(response.status).toBe(303);
  const portal = response.headers.get("Location") ?? "";
  // Browsers apply the policy to a form's redirect, too.
  expect(account.headers.get("Content-Security-Policy")).toContain(`form-action 'self' ${new URL(portal).origin}`);
  const html = await (await fetch(portal)).text();
  expect(html).toContain("ada@example.com");
  expect(html).toContain("https://catalog.test/account");
});

it("billing: is offered only for a bought license", async () => {
  const given = await issueLicense();
  const browser = await signedInByKey(given.key, shopEnv);
  expect(await pageAt(browser)).not.toContain("/billing");
  const response = await send(browser, `/account/licenses/${given.id}/billing`);
  expect([response.status, await codeOf(response)]).toEqual([409, "CONFLICT"]);
});

it("billing: the page shows the price, the next charge, and each invoice with Stripe's page of it", async () => {
  const { key = "", license } = await status(await pay("premium-lifetime", { email: "ada@example.com" }));
  const page = await pageAt(await signedInByKey(key, shopEnv));
  const invoice = await env.DB.prepare("SELECT invoice_number, invoice_url FROM payments WHERE license_id = ?")
    .bind(license?.id)
    .first<{ invoice_number: string; invoice_url: string }>();
  expect(page).toContain("€279 once");
  expect(page).toContain(`<a href="${invoice?.invoice_url}">${invoice?.invoice_number}</a>`);
  const monthly = await status(await pay("premium-monthly", { email: "eve@example.com" }));
  const trial = await pageAt(await signedInByKey(monthly.key ?? "", shopEnv));
  expect(trial).toMatch(/\$99\/month<\/p><p class="hint">plus tax where it applies/);
  expect(trial).toMatch(/Next charge<\/p><p class="value">\$99<\/p><p class="hint">on <time/);
  expect(trial).not.toContain("Your latest payments");
});

it("upgrade: needs the buyer's consent to the terms, as a purchase does, and the order notes it", async () => {
  const trial = await issueLicense({ plan: "premium-trial" });
  const browser = await signedInByKey(trial.key, shopEnv);
  const page = await browser.get(`/account/licenses/${trial.id}`);
  expect((await find(page, "input[name=terms]"))[0]?.attributes).toHaveProperty("required");
  const order = (form: Record<string, string>) =>
    send(browser, `/account/licenses/${trial.id}/upgrade`, { plan: "premium-lifetime", machines: "25", ...form });
  const refused = await order({});
  expect([refused.status, await codeOf(refused)]).toEqual([422, "VALIDATION_FAILED"]);
  expect((await order({ terms: "yes" })).status).toBe(303);
  const { results } = await env.DB.prepare("SELECT terms_by FROM orders WHERE upgrades = ?").bind(trial.id).all();
  expect(results).toEqual([{ terms_by: "form" }]);
});
