import { describe, expect, it } from "vitest";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const shop = await openShop();

const ask = (path: string, vars: Record<string, string> = {}) =>
  shop.ask("GET", path, { headers: { Accept: "text/html" }, at: { ...shop.shopEnv, ...vars } });

/** A deployment that is no development server, and that no seller has set up. */
const PRODUCTION = { ENVIRONMENT: "production", RELEASE_SIGNATURES: "bound", STRIPE_API_BASE: "" };

describe("the seller's documents", () => {
  it.each(["/terms", "/privacy", "/refunds", "/imprint"])(
    "%s is a sample in development, and says so",
    async (path) => {
      const response = await ask(path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("This is a sample for development, and no valid text.");
    },
  );

  it("a text is a page with its headings and lists, the seller and the address of support", async () => {
    const html = await (
      await ask("/terms", {
        TERMS: "Hello <you>.\n\n## Payment\n\n- now\n- later",
        SELLER_NAME: "rbee GmbH",
        SELLER_ADDRESS: "Hauptstr. 1",
        SELLER_VAT_NUMBER: "DE1",
        SUPPORT_EMAIL: "help@rbee.test",
      })
    ).text();
    expect(html).toContain("<p>Hello &lt;you&gt;.");
    expect(html).toContain("<h2>Payment</h2><ul><li>now</li><li>later</li></ul>");
    expect(html).toContain("rbee GmbH, Hauptstr. 1, VAT number DE1");
    expect(html).toContain('href="mailto:help@rbee.test"');
  });

  it("a URL is redirected to", async () => {
    const response = await ask("/privacy", { PRIVACY: "https://legal.test/privacy" });
    expect([response.status, response.headers.get("Location")]).toEqual([303, "https://legal.test/privacy"]);
  });

  it("a document that production does not have is not found, and no page links to it", async () => {
    const response = await ask("/imprint", PRODUCTION);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('href="/imprint"');
  });
});

describe("a live deployment without a seller", () => {
  const LIVE = { LIVEMODE: "true", STRIPE_SECRET_KEY: "sk_live_1" };

  it("refuses every sale before it asks Stripe, and says so on its plans page", async () => {
    const at = { ...shop.shopEnv, ...LIVE };
    const refused = await shop.ask("POST", "/v1/checkout", { body: { plan: "premium-monthly" }, at });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ detail: "Nothing is sold here at the moment." });
    const plans = await (await ask("/plans", LIVE)).text();
    expect(plans).toContain("Nothing is sold here at the moment");
    expect(plans).not.toContain('action="/checkout"');
    for (const event of ["seller.unknown", "prices.unreadable", "stripe.key_refused"]) expectLogged(event);
  });

  it("goes on delivering", async () => {
    expect((await ask("/workers", LIVE)).status).toBe(200);
    expect((await ask("/v1/workers", LIVE)).status).toBe(200);
  });
});
