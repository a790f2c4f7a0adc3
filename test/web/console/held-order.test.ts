import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import type { Scope } from "../../../src/platform/config/scopes.ts";
import { makeToken } from "../../support/admin-request.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { ask: askShop, begin, deliverAll, press, shopEnv, stripe } = await openShop();
const [price] = (await stripe.prices.list({ lookup_keys: ["premium-lifetime"] })).data;

const isKnown = (known: boolean) =>
  stripe.prices.update(price?.id ?? "", {
    lookup_key: known ? "premium-lifetime" : "lost",
    transfer_lookup_key: true,
    metadata: { rbee_plan: known ? "premium-lifetime" : "" },
  });
afterEach(() => isKnown(true));

/** The path of an order that is held, because its price lost its plan before the payment. */
async function held(): Promise<string> {
  const checkout = await begin("premium-lifetime");
  await isKnown(false);
  await press(checkout.url, "pay", "ada@example.com");
  await deliverAll(checkout.sessionId);
  expectLogged("order.held");
  const order = await env.DB.prepare("SELECT id FROM orders WHERE state = 'held'").first<string>("id");
  return `/admin/orders/${order}`;
}

const reason = "ticket 4711";

describe("a held order in the console", () => {
  it("is solved by a plan after a preview", async () => {
    const path = await held();
    const browser = await signedIn(["licenses:issue"], shopEnv);
    const form = { plan: "premium-lifetime", machines: "30", reason };
    const { preview, response } = await act(browser, `${path}/plan`, form);
    expect(preview).toContain("ada@example.com gets a license of premium-lifetime on 50 machines");
    expect(await response.text()).toContain("The order is solved");
    expectLogged("order.solved");
    expect(await count("licenses", "email = 'ada@example.com' AND machine_limit = 50")).toBe(1);
    expect((await send(browser, `${path}/plan`, form)).status).toBe(409);
  });

  it("gives its payment to a license, which follows it", async () => {
    const path = await held();
    const { id } = await issueLicense({ email: "has@example.com" });
    const browser = await signedIn(["licenses:write"], shopEnv);
    expect((await send(browser, `${path}/license`, { license: "lic_none", reason })).status).toBe(404);
    const { preview, response } = await act(browser, `${path}/license`, { license: id, reason });
    expect(preview).toContain("The license follows this payment from now on");
    expect(await response.text()).toContain(`/admin/licenses/${id}`);
    expectLogged("order.solved");
    expect(await count("orders", `state = 'complete' AND license_id = '${id}'`)).toBe(1);
  });

  it("is refunded after a preview of the amount", async () => {
    const path = await held();
    const browser = await signedIn(["money:refund"], shopEnv);
    const { preview, response } = await act(browser, `${path}/refund`, { reason });
    expect(preview).toContain("The buyer gets €279 back");
    expect(await response.text()).toContain("The buyer gets €279 back");
    expectLogged("order.solved");
    expect(await count("orders", "state = 'failed' AND resolution = 'refund'")).toBe(1);
  });

  it("has a preview at the API for each way, by the scope of the way", async () => {
    const id = (await held()).split("/").at(-1);
    const { id: license } = await issueLicense({ email: "has@example.com" });
    const ask = async (scopes: Scope[], way: string) => {
      const { token } = await makeToken(["licenses:read", ...scopes]);
      const headers = { Authorization: `Bearer ${token}` };
      return (await askShop("GET", `/v1/admin/orders/${id}/preview?act=resolve&${way}`, { headers })).text();
    };
    expect(await ask(["licenses:issue"], "plan=premium-lifetime&machines=30")).toContain("on 50 machines");
    expect(await ask(["licenses:write"], `license=${license}`)).toContain("the license of has@example.com");
    expect(await ask(["money:refund"], "refund=true")).toContain("The buyer gets €279 back");
    expect(await ask(["licenses:write"], "refund=true")).toContain("INSUFFICIENT_SCOPE");
    expect(await ask(["owner"], `refund=true&license=${license}`)).toContain("VALIDATION_FAILED");
    expect(await count("orders", "state = 'held'")).toBe(1);
  });

  it("is listed with the ways that the admin may take", async () => {
    const path = await held();
    const page = await read(await signedIn(["money:read", "money:refund"], shopEnv), "/admin/orders?state=held");
    expect(page).toContain(`href="${path}/refund"`);
    expect(page).not.toContain(`href="${path}/plan"`);
  });
});
