import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { type Checkout, facts, openShop } from "../../support/shop.ts";

const { bought, control, deliver, eventsOf, status, stripe } = await openShop();

/** Delivers all events about the purchase or one of its invoices, and returns the license's status. */
async function told(checkout: Checkout): Promise<string | undefined> {
  const own = await eventsOf(checkout.sessionId);
  const invoices = new Set(own.flatMap(({ data }) => (data.object.object === "invoice" ? [data.object.id] : [])));
  const notes: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ type: "credit_note.*", limit: 100 })) {
    const { object } = event.data;
    if (object.object === "credit_note" && invoices.has(String(object.invoice))) notes.push(event);
  }
  for (const event of [...own, ...notes.reverse()]) expect((await deliver(event)).status).toBe(200);
  return (await status(checkout)).license?.status;
}

/** A subscription after its first payment, and a trial of 14 days before. */
async function paying(): Promise<Checkout & { id: string; key: string }> {
  const checkout = await bought("premium-monthly");
  await control("clock/advance", { days: 15 });
  expect(await told(checkout)).toBe("active");
  return checkout;
}

/** The rows of money of a license, oldest first. */
const rows = async (id: string) =>
  (await env.DB.prepare("SELECT kind, state, total FROM payments WHERE license_id = ? ORDER BY at, id").bind(id).all())
    .results;

const actions = (checkout: Checkout, act: string, body: object = {}) =>
  control(`subscriptions/${checkout.sessionId}/${act}`, body);
const invoice = (checkout: Checkout, act: string, body: object = {}) =>
  control(`invoices/${checkout.sessionId}/${act}`, body);

describe("a subscription that is paused", () => {
  it("is on hold, is charged nothing, and is not said to be unpaid", async () => {
    const checkout = await paying();
    await actions(checkout, "pause");
    expect(await told(checkout)).toBe("suspended");
    expect(await facts(checkout.id)).toMatchObject({
      subscription_state: "suspended",
      stripe_status: "paused",
      collection_paused: 0,
      next_charge_at: null,
    });
    await actions(checkout, "resume");
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ stripe_status: "active", next_charge_amount: 9900 });
  });

  it.each(["keep_as_draft", "void", "mark_uncollectible"])(
    "in its collection alone (%s) stays in force and is charged nothing",
    async (behavior) => {
      const checkout = await paying();
      await actions(checkout, "pause-collection", { behavior });
      expect(await told(checkout)).toBe("active");
      const paused = { stripe_status: "paused", collection_paused: 1, next_charge_amount: null };
      expect(await facts(checkout.id)).toMatchObject({ ...paused, subscription_state: "active" });
      await control("clock/advance", { days: 31 });
      expect(await told(checkout)).toBe("active");
      expect(await facts(checkout.id)).toMatchObject(paused);
      await actions(checkout, "resume-collection");
      expect(await told(checkout)).toBe("active");
      expect(await facts(checkout.id)).toMatchObject({ stripe_status: "active", next_charge_amount: 9900 });
    },
  );
});

describe("an invoice that failed", () => {
  it.each([
    ["void", "void"],
    ["uncollectible", "uncollectible"],
  ])("and was then marked %s: nothing is due for it, and the license goes on", async (act, state) => {
    const checkout = await paying();
    await actions(checkout, "fail-renewal");
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ subscription_state: "past_due" });
    await actions(checkout, "fix-card");
    await invoice(checkout, act);
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ subscription_state: "active", stripe_status: "active" });
    expect((await rows(checkout.id)).at(-1)).toMatchObject({ state, total: 9900 });
  });

  it("and was then paid outside Stripe: the license is paid, and the row says how", async () => {
    const checkout = await paying();
    await actions(checkout, "fail-renewal");
    await told(checkout);
    await invoice(checkout, "pay-out-of-band");
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ subscription_state: "active" });
    expect((await rows(checkout.id)).at(-1)).toMatchObject({ state: "paid_outside", total: 9900 });
  });
});

describe("a credit note", () => {
  it("over a subscription's payment changes nothing but the money", async () => {
    const checkout = await paying();
    await invoice(checkout, "credit-note", { amount: 4000, as: "credit" });
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ refund_state: "none", next_charge_amount: 5900 });
    expect(await rows(checkout.id)).toContainEqual({ kind: "credit_note", state: "issued", total: 4000 });
  });

  it.each(["refund", "credit", "out_of_band"])(
    "over all of a one-time purchase (%s) revokes it, and one over a part does not",
    async (as) => {
      const checkout = await bought("premium-lifetime");
      await invoice(checkout, "credit-note", { amount: 900, as });
      expect(await told(checkout)).toBe("active");
      expect(await facts(checkout.id)).toMatchObject({ refund_state: "partial" });
      await invoice(checkout, "credit-note", { amount: 27_000, as });
      expect(await told(checkout)).toBe("revoked");
      expect(await facts(checkout.id)).toMatchObject({ refund_state: "full" });
    },
  );
});
