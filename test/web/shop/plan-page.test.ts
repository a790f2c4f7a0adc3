import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SOLD_PLANS } from "../../../src/domain/licensing/plans.ts";
import { find } from "../../support/html-document.ts";
import { openShop } from "../../support/shop.ts";

const { ask, begin, comeBack, pay, press, shopEnv, status, stripe } = await openShop();

/** Sends the order form as a browser does from our own page. */
const order = (fields: Record<string, string>, headers: Record<string, string> = {}, at: Env = shopEnv) =>
  ask("POST", "/checkout", {
    body: new URLSearchParams({ terms: "yes", ...fields }).toString(),
    headers: {
      Accept: "text/html",
      Origin: "https://catalog.test",
      "Content-Type": "application/x-www-form-urlencoded",
      ...headers,
    },
    at,
  });

const payOrigin = new URL(shopEnv.STRIPE_API_BASE).origin;

describe("the page of plans", () => {
  it("shows the prices, and its policy allows the payment page", async () => {
    const response = await ask("GET", "/plans");
    expect(response.headers.get("Content-Security-Policy")).toContain(`form-action 'self' ${payOrigin};`);
    const html = await response.text();
    expect(html).toContain("$99/month");
    // The price of this plan is in euros. People compare in one currency.
    expect(html).toContain("$299 once");
    const forms = await find(new Response(html), "form[action='/checkout'][method=post] input[name=plan]");
    expect(forms.map(({ attributes }) => attributes["value"])).toEqual([...SOLD_PLANS]);
  });

  it("shows the prices in another currency that all plans have, and ignores one that they do not have", async () => {
    const euros = await (await ask("GET", "/plans?currency=eur")).text();
    expect(euros).toContain("€89/month");
    expect(euros).toContain("€279 once");
    expect(await (await ask("GET", "/plans?currency=jpy")).text()).toContain("$299 once");
  });

  it("shows the total of a number of machines without script, rounded up to whole blocks", async () => {
    const html = await (await ask("GET", "/plans?plan=premium-monthly&machines=12&currency=usd")).text();
    const totals = await find(new Response(html), "output");
    expect(totals.map(({ text }) => text)).toEqual(["$297/month", "$299 once"]);
    const [update] = await find(new Response(html), "button[formmethod=get]");
    expect(update?.attributes["formaction"]).toBe("/plans#premium-monthly");
  });

  it.each(["machines=0", "machines=%3Cb%3E", "plan=nothing", "currency=%22", "machines=501&plan=premium-monthly"])(
    "forgives the query %s",
    async (query) => {
      const response = await ask("GET", `/plans?${query}`);
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain("<b>");
    },
  );

  it("names the seller, the tax, and what follows the trial", async () => {
    const html = await (await ask("GET", "/plans")).text();
    expect(html).toContain("Sold by <strong>rbee</strong>");
    expect(html).toContain("Plus VAT or sales tax of your country.");
    expect(html).toContain("After 14 days we charge $99/month.");
    for (const path of ["/terms", "/privacy", "/refunds", "/imprint"]) expect(html).toContain(`href="${path}"`);
  });

  it("is complete without prices during an outage of the payment provider", async () => {
    const response = await ask("GET", "/plans", { at: env });
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain("Premium, lifetime");
    expect(html).not.toMatch(/[$€]\d/);
  });

  it("has the same offers as a premium worker's page, for people and search engines", async () => {
    const path = "/w/llm-worker-rbee-premium-cuda";
    expect(await (await ask("GET", path)).text()).toContain("$99/month");
    const [data] = await find(await ask("GET", path), "script[type='application/ld+json']");
    const { offers } = z.object({ offers: z.array(z.looseObject({})) }).parse(JSON.parse(data?.text ?? ""));
    expect(offers).toMatchObject([
      { name: "Premium, monthly", price: "99.00", priceCurrency: "USD" },
      { name: "Premium, lifetime", price: "279.00", priceCurrency: "EUR" },
    ]);
    expect(await (await ask("GET", "/w/cuda")).text()).not.toContain("$99");
  });
});

describe("the order form", () => {
  it("leads to the payment page, and its browser sees the key", async () => {
    const response = await order({ plan: "premium-monthly", machines: "6" });
    expect(response.status).toBe(303);
    const url = response.headers.get("Location") ?? "";
    expect(url.startsWith(`${payOrigin}/`)).toBe(true);
    const cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const sessionId = /cs_test_\w+/.exec(url)?.[0] ?? "";
    await press(url, "pay", "ada@example.com");
    const { key, license } = await status({ sessionId, url, cookie });
    expect(license?.machine_limit).toBe(10);
    const page = await ask("GET", `/checkout/success?session_id=${sessionId}`, { headers: { Cookie: cookie } });
    const [shown] = await find(page, "#license-key");
    expect(shown?.text).toBe(key);
  });

  it.each(["0", "501", "2.5", "", "many", `"><b>`])("shows the fault of %j machines", async (machines) => {
    const response = await order({ plan: "premium-lifetime", machines });
    expect(response.status).toBe(422);
    const html = await response.text();
    const [input] = await find(new Response(html), "[aria-invalid=true]");
    expect(input?.attributes["id"]).toBe("machines-premium-lifetime");
    expect(await find(new Response(html), "#machines-premium-lifetime-error")).toHaveLength(1);
    expect(html).not.toContain("<b>");
  });

  it("refuses an order without consent to the terms, and keeps the input", async () => {
    const response = await order({ plan: "premium-monthly", machines: "10", terms: "" });
    expect(response.status).toBe(422);
    const html = await response.text();
    const [box] = await find(new Response(html), "[aria-invalid=true]");
    expect(box?.attributes["id"]).toBe("terms-premium-monthly");
    expect((await find(new Response(html), "#machines-premium-monthly"))[0]?.attributes["value"]).toBe("10");
  });

  it("charges in the currency that the page showed, and notes the consent, its version and the worker", async () => {
    const worker = "llm-worker-rbee-premium-cuda";
    const response = await order({ plan: "premium-lifetime", machines: "25", currency: "usd", worker });
    const sessionId = /cs_test_\w+/.exec(response.headers.get("Location") ?? "")?.[0] ?? "";
    const session = await stripe.checkout.sessions.retrieve(sessionId);
    expect([session.currency, session.amount_subtotal]).toEqual(["usd", 29_900]);
    expect(session.custom_text.submit?.message).toContain("Sold by rbee. [Terms](https://catalog.test/terms)");
    const row = await shopEnv.DB.prepare("SELECT * FROM orders WHERE checkout_session_id = ?").bind(sessionId).first();
    expect(row).toMatchObject({ worker, terms_by: "form", terms_version: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(row?.["terms_at"]).toEqual(row?.["created_at"]);
  });

  it("ignores an unknown worker and a currency that the price does not have", async () => {
    const response = await order({ plan: "premium-lifetime", machines: "25", currency: "jpy", worker: "nothing" });
    const sessionId = /cs_test_\w+/.exec(response.headers.get("Location") ?? "")?.[0] ?? "";
    expect((await stripe.checkout.sessions.retrieve(sessionId)).currency).toBe("eur");
    const read = shopEnv.DB.prepare("SELECT worker FROM orders WHERE checkout_session_id = ?").bind(sessionId);
    expect(await read.first("worker")).toBeNull();
  });

  it.each(["constructor", "__proto__", "e".repeat(10_000)])(
    "ignores the currency %.20s of a changed form",
    async (currency) => {
      const response = await order({ plan: "premium-lifetime", machines: "25", currency });
      const sessionId = /cs_test_\w+/.exec(response.headers.get("Location") ?? "")?.[0] ?? "";
      const session = await stripe.checkout.sessions.retrieve(sessionId);
      expect([session.currency, session.cancel_url]).toEqual(["eur", expect.not.stringContaining("currency")]);
    },
  );

  it.each([{ plan: "premium-trial", machines: "1" }, { plan: "nothing" }, {}])("refuses %j", async (fields) => {
    const response = await order(fields as Record<string, string>);
    expect(response.status).toBe(422);
    expect((await find(response, "[role=alert]"))[0]?.text).toContain("not on sale");
  });

  it("refuses an order without a Stripe key, and an order from another site", async () => {
    const closed = await order({ plan: "premium-monthly", machines: "5" }, {}, env);
    expect(closed.status).toBe(503);
    expect((await find(closed, "[role=alert]"))[0]?.text).toContain("You were not charged");
    const foreign = await order({ plan: "premium-monthly", machines: "5" }, { Origin: "https://evil.example" });
    expect([foreign.status, foreign.headers.get("Set-Cookie")]).toEqual([403, null]);
  });
});

describe("the page after the payment", () => {
  it("installs the worker whose page the buyer came from", async () => {
    const worker = "llm-worker-rbee-premium-metal";
    const response = await order({ plan: "premium-lifetime", machines: "25", worker });
    const url = response.headers.get("Location") ?? "";
    await press(url, "pay", "ada@example.com");
    const sessionId = /cs_test_\w+/.exec(url)?.[0] ?? "";
    const html = await (await ask("GET", `/checkout/success?session_id=${sessionId}`)).text();
    expect(html).toContain(`/install.sh | sh -s -- ${worker}</code>`);
  });

  const heading = async (response: Response) => (await find(response, "h1"))[0]?.text;

  it("waits for a payment and reloads by itself or by a link", async () => {
    const checkout = await begin("premium-lifetime");
    await press(checkout.url, "delayed", "ada@example.com");
    const path = `/checkout/success?session_id=${checkout.sessionId}`;
    const html = await (await ask("GET", path)).text();
    expect((await find(new Response(html), "[data-look-again]"))[0]?.attributes["data-look-again"]).toBe("5");
    expect((await find(new Response(html), 'main a[href=""]'))[0]?.text.trim()).toBe("Look again");
    expect(await heading(new Response(html))).toBe("Waiting for your payment");
  });

  it("shows no key to another browser, and the next steps to the buyer", async () => {
    const checkout = await pay("premium-lifetime");
    const path = `/checkout/success?session_id=${checkout.sessionId}`;
    const mine = await (await comeBack(checkout)).text();
    const { key = "" } = await status(checkout);
    expect(mine).toContain(key);
    // The install line comes first. The command comes second, with the line that gets it.
    const install = mine.indexOf("curl -fsSL https://catalog.test/install.sh | sh -s -- llm-worker-rbee-premium-");
    const command = mine.indexOf("curl -fsSL https://catalog.test/install.sh | sh -s -- --cli");
    expect(install).toBeGreaterThan(0);
    expect(command).toBeGreaterThan(install);
    expect(mine).toContain("rbee-catalog --url https://catalog.test activate --key-stdin");
    // The commands do not contain the key, because the shell's history keeps them.
    expect(mine.split(key)).toHaveLength(2);
    expect(mine).toContain('href="/account"');
    expect(await (await ask("GET", path)).text()).not.toContain(key);
  });

  it("has a link after a canceled payment and for an unknown session", async () => {
    const { cancel_url } = await stripe.checkout.sessions.retrieve((await begin("premium-monthly", 10)).sessionId);
    const cancelled = await (await ask("GET", cancel_url ?? "")).text();
    expect(await heading(new Response(cancelled))).toBe("Checkout canceled");
    expect(cancelled).toContain('href="/plans?plan=premium-monthly&amp;machines=10"');
    const unknown = await ask("GET", "/checkout/success");
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('href="/recover"');
  });
});
