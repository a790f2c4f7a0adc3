import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { keepEvent } from "../../../src/domain/purchase/events/store.ts";
import { currentTime, DAY, HOUR, MINUTE } from "../../../src/lib/time.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { act, read, signedIn } from "../../support/console-admin.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop, reconcile } from "../../support/shop.ts";

const { ask: askShop, begin, deserted, press, shopEnv, stripe } = await openShop();

const ODD = "evt_odd";

/** An event that was handled and needs a person. */
async function oddEvent(): Promise<void> {
  const now = currentTime();
  await keepEvent(env.DB, { id: ODD, type: "invoice.paid", object_id: "in_1", created: now }, now);
  await env.DB.prepare(
    "UPDATE stripe_events SET handled_at = ?, attention = 1, outcome = 'unknown price price_1', attempts = 1",
  )
    .bind(now)
    .run();
}

const dismiss = async (token: string, id = ODD, reason = "sold in the old shop") =>
  ask("POST", `/v1/admin/stripe-events/${id}/dismiss`, { token, body: { reason } });

const audited = () =>
  env.DB.prepare("SELECT action, subject, reason, details FROM audit WHERE action = 'event.dismiss'").all();

beforeEach(oddEvent);

describe("dismissing a payment event", () => {
  it("takes it off the list for good, with a reason in the audit trail, and is idempotent", async () => {
    const token = await ownerToken();
    for (let i = 0; i < 2; i++) {
      const response = await dismiss(token);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ event: { id: ODD, outcome: "dismissed: unknown price price_1" } });
    }
    expect(await count("stripe_events", "attention = 1 OR handled_at IS NULL")).toBe(0);
    expect((await audited()).results).toEqual([
      {
        action: "event.dismiss",
        subject: ODD,
        reason: "sold in the old shop",
        details: JSON.stringify({ type: "invoice.paid", object_id: "in_1" }),
      },
    ]);
    const sixthHour = currentTime() - (currentTime() % DAY) + 2 * DAY + 35 * MINUTE;
    expect((await reconcile(deserted, sixthHour)).events).toBe(0);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await askShop("POST", `/v1/admin/stripe-events/${ODD}/retry`, { headers })).status).toBe(200);
    expect(await count("stripe_events", "outcome LIKE 'dismissed%'")).toBe(1);
  });

  it("also takes off an event that fails, with its error", async () => {
    await env.DB.prepare("UPDATE stripe_events SET handled_at = NULL, attention = 0, last_error = 'boom'").run();
    expect((await dismiss(await ownerToken())).status).toBe(200);
    expect(await count("stripe_events", "handled_at IS NOT NULL AND outcome = 'dismissed: boom'")).toBe(1);
  });

  it("needs licenses:write, a reason, and an event", async () => {
    expect((await dismiss((await makeToken(["licenses:read"])).token)).status).toBe(403);
    const token = await ownerToken();
    expect((await dismiss(token, ODD, "")).status).toBe(422);
    const missing = await dismiss(token, "evt_none");
    expect([missing.status, await codeOf(missing)]).toEqual([404, "NOT_FOUND"]);
    expect([await count("stripe_events", "attention = 1"), (await audited()).results.length]).toEqual([1, 0]);
  });

  it("in the console shows the consequences first", async () => {
    const browser = await signedIn(["stats:read", "licenses:write"]);
    expect(await read(browser, "/admin/system")).toContain(`/admin/system/events/${ODD}/dismiss`);
    const { preview, response } = await act(browser, `/admin/system/events/${ODD}/dismiss`, { reason: "an old sale" });
    expect(preview).toContain("is not processed again");
    expect(response.headers.get("Location")).toBe("/admin/system?done=event-dismissed");
    const page = await read(browser, "/admin/system?done=event-dismissed");
    expect(page).toContain("The event is dismissed.");
    expect(page).not.toContain(ODD);
    expect((await browser.get("/admin/system/events/evt_none/dismiss")).status).toBe(404);
  });

  it("in the console is not offered without licenses:write", async () => {
    expect(await read(await signedIn(["stats:read"]), "/admin/system")).not.toContain("/dismiss");
  });
});

describe("the cron", () => {
  it("retries an event that fails for thirty days, and an admin may retry it later", async () => {
    const at = Math.ceil(currentTime() / HOUR) * HOUR + 100 * DAY + MINUTE;
    const kept = (received: number) =>
      env.DB.prepare("UPDATE stripe_events SET handled_at = NULL, attention = 0, received_at = ?").bind(received).run();
    await kept(at - 29 * DAY);
    expect((await reconcile(shopEnv, at)).events).toBe(1);
    await kept(at - 31 * DAY);
    expect(await reconcile(shopEnv, at + MINUTE)).toEqual({ events: 0, licenses: 0, failed: 0 });
    expect(await count("stripe_events", "handled_at IS NULL")).toBe(1);
  });
});

describe("a sale that began here", () => {
  it("of a price without a plan needs a person", async () => {
    const { sessionId, url } = await begin("premium-lifetime");
    const session = await stripe.checkout.sessions.retrieve(sessionId, { expand: ["line_items"] });
    const price = session.line_items?.data[0]?.price;
    if (!price) throw new Error("no price");
    const product = await stripe.products.create({ name: "Premium, renamed" });
    const moved = await stripe.prices.create({
      product: product.id,
      currency: "eur",
      unit_amount: 27_900,
      lookup_key: price.lookup_key ?? "",
      transfer_lookup_key: true,
    });
    await stripe.prices.update(price.id, { metadata: { rbee_plan: "" } });
    try {
      await press(url, "pay", "odd@example.com");
      const at = Math.ceil(currentTime() / HOUR) * HOUR;
      await reconcile(shopEnv, at);
      const held = `attention = 1 AND outcome LIKE '%unknown price ${price.id}%'`;
      expect(await count("stripe_events", held)).toBeGreaterThan(0);
      expectLogged("order.held");
    } finally {
      await stripe.prices.update(price.id, { lookup_key: moved.lookup_key ?? "", transfer_lookup_key: true });
    }
  });
});
