import { expect, it } from "vitest";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { codeOf } from "../../support/admin-request.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { openShop } from "../../support/shop.ts";

const { ask, pay, status, stripe } = await openShop();

const open = (credential: string): Promise<Response> =>
  ask("POST", "/v1/billing-portal", { headers: { Authorization: `Bearer ${credential}` } });

/** The customer of the portal behind an answer. */
async function customerOf(response: Response): Promise<string | undefined> {
  expect(response.status).toBe(200);
  const { url } = await response.json<{ url: string }>();
  return /id="customer-email">([^<]*)</.exec(await (await fetch(url)).text())?.[1];
}

it("the billing portal opens for the customer of the license key, and ignores other parameters", async () => {
  const ada = await pay("premium-monthly", { email: "ada@example.com" });
  const grace = await pay("premium-lifetime", { email: "grace@example.com" });
  const keys = [await status(ada), await status(grace)].map(({ key = "" }) => key);
  const [adas = "", graces = ""] = keys;
  expect(await customerOf(await open(adas))).toBe("ada@example.com");
  expect(await customerOf(await open(graces))).toBe("grace@example.com");
  const meddling = await ask("POST", "/v1/billing-portal?customer=grace@example.com", {
    headers: { Authorization: `Bearer ${adas}` },
    body: { customer: "grace@example.com", email: "grace@example.com" },
  });
  expect(await customerOf(meddling)).toBe("ada@example.com");
});

it("the billing portal uses the configuration that `plans sync` made, and the dashboard's if there is none", async () => {
  const { key = "" } = await status(await pay("premium-monthly"));
  const { data } = await stripe.billingPortal.configurations.list({ limit: 100 });
  const ours = data.find(({ metadata }) => metadata?.["rbee"] === "worker-catalog")?.id ?? "";
  const used = async () => {
    expect((await open(key)).status).toBe(200);
    const [event] = (await stripe.events.list({ type: "billing_portal.session.created", limit: 1 })).data;
    return event?.type === "billing_portal.session.created" ? event.data.object.configuration : null;
  };
  expect(await used()).toBe(ours);
  forgetIsolate();
  await stripe.billingPortal.configurations.update(ours, { active: false });
  expect(await used()).toBe("bpc_default");
  await stripe.billingPortal.configurations.update(ours, { active: true });
});

it("the billing portal opens neither for a token nor for a license that was not bought", async () => {
  const { key = "" } = await status(await pay("premium-monthly"));
  const refused = await open(await tokenFor(key, "m"));
  expect([refused.status, await codeOf(refused)]).toEqual([401, "KEY_INVALID"]);
  const given = await open((await issueLicense()).key);
  expect([given.status, await codeOf(given)]).toEqual([409, "CONFLICT"]);
});

it(
  "opens sixty times a minute for one license, each of which asks Stripe, and for others all the same",
  WITH_ROOM,
  async () => {
    const { key: adas = "" } = await status(await pay("premium-monthly", { email: "ada@example.com" }));
    const { key: graces = "" } = await status(await pay("premium-lifetime", { email: "grace@example.com" }));
    await roomInMinute();
    for (let i = 0; i < 60; i++) expect((await open(adas)).status).toBe(200);
    const refused = await open(adas);
    expect([refused.status, await codeOf(refused)]).toEqual([429, "RATE_LIMITED"]);
    expect((await open(graces)).status).toBe(200);
  },
);
