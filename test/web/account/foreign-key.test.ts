import { expect, it } from "vitest";
import { ask } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { pageAt, signedInByKey } from "../../support/customer.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";

const KEY = "38b1460a-5104-4067-a91d-77b872934d51";

it("the sign-in exchanges a key of another shop, and opens the license that it was imported as", async () => {
  const row = { key: KEY, email: "ada@example.com", plan: "premium-lifetime" };
  const body = { source: "lemon-squeezy", reason: "we moved", licenses: [row] };
  const imported = await ask("POST", "/v1/admin/licenses/import", { token: await ownerToken(), body });
  const { outcomes } = await imported.json<{ outcomes: { license_id: string }[] }>();
  const id = outcomes[0]?.license_id;
  const browser = await signedInByKey(` ${KEY.toUpperCase()} `);
  expect((await pageAt(browser, `/account/licenses/${id}`)).toLowerCase()).not.toContain(KEY);
  expect(await count("audit", `action = 'license.exchange-key' AND actor = 'license:${id}'`)).toBe(1);
  expect(await count("mails", `kind = 'license_key' AND license_id = '${id}'`)).toBe(1);
});

it("the sign-in refuses a key of another shop that was not imported", async () => {
  const response = await new TestBrowser().post("/account/sign-in", { form: { key: "ACME-9999-0000-1111-2222" } });
  expect([response.status, response.headers.get("Set-Cookie")]).toEqual([403, null]);
});
