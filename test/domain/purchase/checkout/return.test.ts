import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { count } from "../../../support/license-fixture.ts";
import { WITH_ROOM } from "../../../support/minute.ts";
import { type Checkout, openShop } from "../../../support/shop.ts";

const { ask, begin, comeBack, control, deliverAll, look, pay, press, returnOf, stripe } = await openShop();

const KEY = /rbee_lic_[0-9A-Z]{20,}/i;

/** What a browser with this cookie sees: on the page at `path`, and by the API. */
async function seen({ sessionId, url }: Checkout, cookie: string, path = `/checkout/success?session_id=${sessionId}`) {
  const page = await (await ask("GET", path, { headers: { Cookie: cookie } })).text();
  const { key, license } = await look({ sessionId, url, cookie });
  return { onPage: KEY.test(page), byApi: key !== undefined, license: license !== undefined };
}

const ALL = { onPage: true, byApi: true, license: true };
const NOTHING = { onPage: false, byApi: false, license: false };

/** A cookie of a browser that has begun another checkout. */
const strangersCookie = async () => (await begin("premium-monthly")).cookie;

describe("a checkout that one browser begins and another one pays", WITH_ROOM, () => {
  it("shows the key to neither, and mails it", async () => {
    const checkout = await pay("premium-lifetime", { email: "victim@example.com" });
    const back = await (await comeBack(checkout, false)).text();
    expect(back).toContain("mailed you your license key");
    expect(back).not.toMatch(KEY);
    expect(await seen(checkout, checkout.cookie)).toEqual(NOTHING);
    expect(await count("mails", "kind = 'license_key' AND recipient = 'victim@example.com'")).toBe(1);
  });

  it("shows it to neither if the payer has a cookie of a checkout of their own", async () => {
    const checkout = await pay("premium-monthly");
    const cookie = await strangersCookie();
    expect(await seen(checkout, cookie, returnOf(checkout))).toEqual(NOTHING);
    expect(await seen(checkout, checkout.cookie)).toEqual(NOTHING);
  });

  it("shows it to the one who began neither before nor after the payer comes back, whatever brought the license", async () => {
    const checkout = await pay("premium-lifetime");
    expect(await seen(checkout, checkout.cookie)).toEqual(NOTHING);
    await deliverAll(checkout.sessionId);
    expect(await seen(checkout, checkout.cookie)).toEqual(NOTHING);
    await comeBack(checkout, false);
    expect(await seen(checkout, checkout.cookie)).toEqual(NOTHING);
  });

  it("shows nothing to the one who began and learns the return address after the payer came back", async () => {
    const checkout = await pay("premium-lifetime");
    await comeBack(checkout, false);
    expect(await seen(checkout, checkout.cookie, returnOf(checkout))).toEqual(NOTHING);
  });

  it("shows nothing to the one who began and visits the return address before the payment", async () => {
    const checkout = await begin("premium-lifetime");
    // The payment page may tell its return address to a curious visitor.
    const { success_url } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const early = (success_url ?? "").replace("{CHECKOUT_SESSION_ID}", checkout.sessionId);
    await ask("GET", early, { headers: { Cookie: checkout.cookie } });
    await press(checkout.url, "pay", "victim@example.com");
    await comeBack(checkout, false);
    expect(returnOf(checkout)).toBe(early);
    expect(await seen(checkout, checkout.cookie, early)).toEqual(NOTHING);
  });
});

describe("a checkout that one browser begins and pays", WITH_ROOM, () => {
  it("shows the key to it, also after a reload, in another tab, and by the API", async () => {
    const checkout = await pay("premium-lifetime");
    expect(await seen(checkout, checkout.cookie, returnOf(checkout))).toEqual(ALL);
    for (let i = 0; i < 3; i++) expect(await seen(checkout, checkout.cookie, returnOf(checkout))).toEqual(ALL);
    expect(await seen(checkout, checkout.cookie)).toEqual(ALL);
  });

  it("shows nothing to a browser that got the return address from its history", async () => {
    const checkout = await pay("premium-lifetime");
    await comeBack(checkout);
    for (const cookie of ["", "__Host-rbee_checkout=guess", await strangersCookie()]) {
      expect(await seen(checkout, cookie, returnOf(checkout))).toEqual(NOTHING);
    }
    expect(await seen(checkout, checkout.cookie)).toEqual(ALL);
  });

  it.each(["", "&return=", "&return=kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M", "&return=short"])(
    "is not recognized by %j in place of the return address",
    async (query) => {
      const checkout = await pay("premium-lifetime");
      const path = `/checkout/success?session_id=${checkout.sessionId}${query}`;
      expect(await seen(checkout, checkout.cookie, path)).toEqual(NOTHING);
      expect(await seen(checkout, checkout.cookie, returnOf(checkout))).toEqual(ALL);
    },
  );

  it("has a return address of its own, so that of another checkout proves nothing", async () => {
    const first = await pay("premium-lifetime");
    const second = await pay("premium-monthly");
    const swapped = returnOf(second).replace(second.sessionId, first.sessionId);
    expect(await seen(first, first.cookie, swapped)).toEqual(NOTHING);
    expect(await seen(first, first.cookie, returnOf(first))).toEqual(ALL);
  });

  it("shows each key of several checkouts in one browser", async () => {
    const first = await begin("premium-lifetime");
    const again = await ask("POST", "/v1/checkout", {
      body: { plan: "premium-monthly" },
      headers: { Cookie: first.cookie },
    });
    const { url, session_id: sessionId } = await again.json<{ url: string; session_id: string }>();
    const second = { url, sessionId, cookie: again.headers.get("Set-Cookie")?.split(";")[0] ?? "" };
    for (const one of [second, first]) {
      await press(one.url, "pay", "ada@example.com");
      await comeBack(one);
    }
    for (const one of [first, second]) expect(await seen(one, second.cookie)).toEqual(ALL);
  });

  it("shows the key after a delayed payment, if it came back while the payment was under way", async () => {
    const checkout = await begin("premium-lifetime");
    await press(checkout.url, "delayed", "ada@example.com");
    expect(await (await comeBack(checkout)).text()).toContain("Waiting for your payment");
    await control(`payments/${checkout.sessionId}/succeed`);
    await deliverAll(checkout.sessionId);
    expect(await seen(checkout, checkout.cookie)).toEqual(ALL);
  });

  it("is not recognized by a HEAD request, which shows nothing", async () => {
    const checkout = await pay("premium-lifetime");
    await ask("HEAD", returnOf(checkout));
    expect(await seen(checkout, checkout.cookie, returnOf(checkout))).toEqual(ALL);
  });

  it("keeps only the hash of the secret in its return address", async () => {
    const checkout = await pay("premium-lifetime");
    await comeBack(checkout);
    const secret = new URL(returnOf(checkout)).searchParams.get("return") ?? "";
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify((await env.DB.prepare("SELECT * FROM orders").all()).results)).not.toContain(secret);
  });
});

describe("a checkout of an older version, which made no return address", WITH_ROOM, () => {
  const older = async (age: number) => {
    const checkout = await pay("premium-lifetime");
    await env.DB.prepare("UPDATE orders SET return_hash = NULL, created_at = created_at - ?").bind(age).run();
    return checkout;
  };

  it("shows the key to the browser that began it, until its payment page has expired", async () => {
    const fresh = await older(86_400 - 600);
    expect(await seen(fresh, fresh.cookie)).toEqual(ALL);
    expect(await seen(fresh, await strangersCookie())).toEqual(NOTHING);
    const late = await older(86_400 + 1);
    expect(await seen(late, late.cookie)).toEqual(NOTHING);
  });
});
