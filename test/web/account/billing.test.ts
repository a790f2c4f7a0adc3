import { expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { pageAt, send, signedInByKey } from "../../support/customer.ts";
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
