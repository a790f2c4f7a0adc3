import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { tellByClock } from "../../../src/domain/mail/clock.ts";
import { DAY } from "../../../src/lib/time.ts";
import { pageAt, signedInByKey } from "../../support/customer.ts";
import { adminAct } from "../../support/license-fixture.ts";
import { newPostbox } from "../../support/postbox.ts";
import { type Checkout, openShop } from "../../support/shop.ts";

const shop = await openShop();
const { bought, control, deliverAll, deliver, stripe } = shop;
const postbox = newPostbox();
Object.assign(shop.shopEnv, { EMAIL: postbox.env.EMAIL });

type Bought = Checkout & { id: string; key: string };

/** Delivers everything that has happened, and returns the subjects of the mails since the last call. */
async function news({ sessionId }: Bought): Promise<string[]> {
  await deliverAll(sessionId);
  for await (const event of stripe.events.list({ type: "charge.dispute.*", limit: 100 })) await deliver(event);
  return postbox.letters.splice(0).map(({ subject }) => subject);
}

/** The same, as the texts of the mails. */
async function texts({ sessionId }: Bought): Promise<string[]> {
  await deliverAll(sessionId);
  return postbox.letters.splice(0).map(({ text }) => text);
}

/** Buys a plan, and returns it with the texts of its mails, sorted. */
async function buy(plan: string): Promise<Bought & { first: string[] }> {
  postbox.letters.splice(0);
  const checkout = await bought(plan);
  return {
    ...checkout,
    first: postbox.letters
      .splice(0)
      .map(({ text }) => text)
      .sort(),
  };
}

const day = /\d{1,2} [A-Z][a-z]+ \d{4}/.source;

describe("the mails of a subscription", () => {
  it("tell a trial with the date and amount of its first charge, and the payment with its invoice", async () => {
    const checkout = await buy("premium-monthly");
    expect(checkout.first).toHaveLength(2);
    const [terms, key] = checkout.first;
    expect(key).toMatch(
      new RegExp(
        `on up to 5 machines\\. The free trial of this license ends on ${day}\\. The first payment of \\$99 is on ${day}\\.`,
      ),
    );
    expect(terms).toContain("Thank you for trying Premium, monthly. After the trial it costs $99/month");
    await control("clock/advance", { days: 15 });
    const [receipt = "", ...others] = await texts(checkout);
    expect(others).toEqual([]);
    expect(receipt).toContain(
      "We received your payment of $99 for Premium, monthly. Your free trial has become a paid",
    );
    expect(receipt).toMatch(/Invoice:\nhttps?:\/\/\S+/);
    expect(receipt).toMatch(new RegExp(`This license renews on ${day} for \\$99\\.`));
    expect(await news(checkout)).toEqual([]);
    await control("clock/advance", { days: 31 });
    expect(await news(checkout)).toEqual(["Payment received for rbee Premium, monthly"]);
  });

  it("tell a failed payment with the day until which it works, its payment without a receipt, and each once", async () => {
    const checkout = await buy("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    const [failed = "", ...others] = await texts(checkout);
    expect(others).toEqual([]);
    expect(failed).toMatch(new RegExp(`The license works until ${day}\\.`));
    // The bank wants a confirmation: the same mail has said so.
    const [event] = (await shop.eventsOf(checkout.sessionId)).filter(({ type }) => type === "invoice.payment_failed");
    if (event === undefined) throw new Error("no payment failed");
    await deliver({ ...event, id: "evt_confirmation", type: "invoice.payment_action_required" } as Stripe.Event);
    expect(await news(checkout)).toEqual([]);
    await control(`subscriptions/${checkout.sessionId}/fix-card`);
    await control("clock/advance", { days: 5 });
    expect(await news(checkout)).toEqual(["Your rbee license works again"]);
  });

  it("tell a cancellation, its end, and nothing else in between", async () => {
    const checkout = await buy("premium-monthly");
    await control("clock/advance", { days: 15 });
    await news(checkout);
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const of = String(subscription);
    await stripe.subscriptions.update(of, { cancel_at_period_end: true });
    const [canceled = ""] = await texts(checkout);
    expect(canceled).toMatch(new RegExp(`This license is canceled: it works until ${day} and ends then\\.`));
    await stripe.subscriptions.update(of, { cancel_at_period_end: false });
    expect(await news(checkout)).toEqual(["Your rbee subscription continues"]);
    await stripe.subscriptions.update(of, { cancel_at_period_end: true });
    expect(await news(checkout)).toEqual(["Your rbee subscription is canceled"]);
    await control("clock/advance", { days: 40 });
    const ended = await texts(checkout);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toContain("It opens no new downloads. Installed workers keep running.");
    // The clock finds the end told already.
    await tellByClock(env.DB, Math.floor(Date.now() / 1000) + 90 * DAY);
    expect(await news(checkout)).toEqual([]);
  });

  it("call a trial that was canceled a trial to its end, as the account does", async () => {
    const checkout = await buy("premium-monthly");
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await stripe.subscriptions.update(String(subscription), { cancel_at_period_end: true });
    const [canceled = ""] = await texts(checkout);
    expect(canceled).toMatch(new RegExp(`This trial is canceled: it works until ${day}, and nothing is charged\\.`));
    await control("clock/advance", { days: 15 });
    const [ended = "", ...others] = await texts(checkout);
    expect(others).toEqual([]);
    expect(ended).toMatch(new RegExp(`This free trial ended on ${day}\\. Nothing was charged\\.`));
    const page = await pageAt(await signedInByKey(checkout.key, shop.shopEnv));
    expect(page).toMatch(/This free trial ended[^.]*\. Nothing was charged\./);
  });

  it("tell another number of machines", async () => {
    const checkout = await buy("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 10 });
    const [text = ""] = await texts(checkout);
    expect(text).toContain("now covers 10 machines, instead of 5 machines");
  });

  it("tell each refund with its amount, once, and a revocation by a refund", async () => {
    const checkout = await buy("premium-monthly");
    await control("clock/advance", { days: 15 });
    await news(checkout);
    await control("refunds", { session: checkout.sessionId, amount: 1000 });
    const [part = "", ...others] = await texts(checkout);
    expect(part).toContain("We refunded $10 for Premium, monthly.");
    expect(others).toEqual([]);
    await control("refunds", { session: checkout.sessionId });
    expect(await news(checkout)).toEqual(["Your payment for rbee was refunded"]);
    expect(await news(checkout)).toEqual([]);
  });
});

describe("the mails of a one-time purchase", () => {
  it("tell a refund, and that it failed", async () => {
    const checkout = await buy("premium-lifetime");
    expect(checkout.first).toHaveLength(1);
    const { id } = await control("refunds", { session: checkout.sessionId });
    const [refunded = "", ...others] = await texts(checkout);
    expect(others).toEqual([]);
    expect(refunded).toContain("We refunded €279 for Premium, lifetime.");
    expect(refunded).toMatch(new RegExp(`This license ended on ${day}, because we refunded its payment\\.`));
    await control(`refunds/${id}/fail`);
    const [back = ""] = await texts(checkout);
    expect(back).toContain("The refund of your payment did not go through.");
  });

  it("tell a dispute, its win, and its loss", async () => {
    const checkout = await buy("premium-lifetime");
    const { id } = await control("disputes", { session: checkout.sessionId });
    expect(await news(checkout)).toEqual(["Your rbee license is on hold: disputed payment"]);
    await control(`disputes/${id}/close`, { status: "won" });
    expect(await news(checkout)).toEqual(["Your rbee license works again"]);
    const again = await control("disputes", { session: checkout.sessionId });
    await news(checkout);
    await control(`disputes/${again["id"]}/close`, { status: "lost" });
    expect(await news(checkout)).toEqual(["Your rbee license was revoked"]);
  });

  it("tell an admin's acts, without the reason", async () => {
    const checkout = await buy("premium-lifetime");
    await adminAct(checkout.id, "suspend", { reason: "a secret suspicion" });
    await adminAct(checkout.id, "reinstate");
    await adminAct(checkout.id, "revoke", { reason: "a secret suspicion" });
    const { results } = await env.DB.prepare("SELECT kind, data FROM mails WHERE license_id = ? ORDER BY id")
      .bind(checkout.id)
      .all<{ kind: string; data: string }>();
    expect(results.map(({ kind }) => kind)).toEqual([
      "license_key",
      "license_suspended",
      "license_resumed",
      "license_revoked",
    ]);
    expect(JSON.stringify(results)).not.toContain("secret");
  });
});
