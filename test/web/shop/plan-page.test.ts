import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { find } from "../../support/html-document.ts";
import { openShop } from "../../support/shop.ts";

const { ask, begin, comeBack, pay, press, shopEnv, status } = await openShop();

/** Sends the order form as a browser does from our own page. */
const order = (fields: Record<string, string>, headers: Record<string, string> = {}, at: Env = shopEnv) =>
  ask("POST", "/checkout", {
    body: new URLSearchParams(fields).toString(),
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
    expect(html).toContain("$99 a month");
    expect(html).toContain("€279 once");
    const forms = await find(new Response(html), "form[action='/checkout'][method=post] input[name=plan]");
    expect(forms.map(({ attributes }) => attributes["value"])).toEqual(["premium-monthly", "premium-lifetime"]);
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
    expect(await (await ask("GET", path)).text()).toContain("$99 a month");
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
    expect(mine).toContain("rbee-catalog --url https://catalog.test activate --key-stdin");
    // The commands do not contain the key, because the shell's history keeps them.
    expect(mine.split(key)).toHaveLength(2);
    expect(mine).toContain('href="/account"');
    expect(await (await ask("GET", path)).text()).not.toContain(key);
  });

  it("has a link after a canceled payment and for an unknown session", async () => {
    const cancelled = await (await ask("GET", "/checkout/cancelled")).text();
    expect(await heading(new Response(cancelled))).toBe("Nothing was bought");
    expect(cancelled).toContain('href="/plans"');
    const unknown = await ask("GET", "/checkout/success");
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('href="/recover"');
  });
});
