import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { type Checkout, facts, openShop, reconcile } from "../../support/shop.ts";

const { ask, bought, control, deliver, deliverAll, deserted, shopEnv, status, stripe } = await openShop();

type Changed = {
  license: { status: string; cancel_due_at: string | null; facts: { subscription_state: string } };
  warnings: { code: string; message: string }[];
};

/** An admin's act on a license of the shop. */
const act = async (id: string, verb: string, body: object = {}, at: Env = shopEnv): Promise<Response> =>
  ask("POST", `/v1/admin/licenses/${id}/${verb}`, {
    at,
    body: { reason: "a chargeback was announced", ...body },
    headers: { Authorization: `Bearer ${await ownerToken()}` },
  });

const subscriptionOf = async ({ sessionId }: Pick<Checkout, "sessionId">): Promise<Stripe.Subscription> => {
  const { subscription } = await stripe.checkout.sessions.retrieve(sessionId);
  return stripe.subscriptions.retrieve(String(subscription));
};

/** Any minute but that of another part of the reconciliation. */
const minute = (): number => Math.floor(Date.now() / 600_000) * 600 + 60;

describe("revoking a license with a subscription", () => {
  it("warns that it is still billed, with the next charge, and repeats the warning", async () => {
    const checkout = await bought("premium-monthly");
    for (const response of [await act(checkout.id, "revoke"), await act(checkout.id, "revoke")]) {
      const { warnings, license } = await response.json<Changed>();
      expect(license.status).toBe("revoked");
      expect(warnings).toEqual([
        {
          code: "still_billed",
          message: expect.stringMatching(
            /^Its subscription is still billed: 99\.00 USD on 20\d\d-\d\d-\d\d\. Revoke it again with/,
          ),
        },
      ]);
    }
    expect((await subscriptionOf(checkout)).status).toBe("trialing");
  });

  it("cancels it at Stripe if asked to, at once and once, and no longer warns", async () => {
    const checkout = await bought("premium-monthly");
    const first = await (await act(checkout.id, "revoke", { cancel_subscription: true })).json<Changed>();
    expect(first).toMatchObject({
      license: { status: "revoked", cancel_due_at: null, facts: { subscription_state: "ended" } },
      warnings: [],
    });
    expect((await subscriptionOf(checkout)).status).toBe("canceled");
    const again = await act(checkout.id, "revoke", { cancel_subscription: true });
    expect([again.status, (await again.json<Changed>()).warnings]).toEqual([200, []]);
    expect(await count("audit", `action = 'license.cancel-subscription' AND subject = '${checkout.id}'`)).toBe(1);
  });

  it("cancels the subscription of a license that was revoked before", async () => {
    const checkout = await bought("premium-monthly");
    await act(checkout.id, "revoke");
    const { warnings } = await (await act(checkout.id, "revoke", { cancel_subscription: true })).json<Changed>();
    expect([warnings, (await subscriptionOf(checkout)).status]).toEqual([[], "canceled"]);
  });

  it("while Stripe is out revokes at once, says that the rest is pending, and the cron cancels", async () => {
    const checkout = await bought("premium-monthly");
    const response = await act(checkout.id, "revoke", { cancel_subscription: true }, deserted);
    expect(response.status).toBe(200);
    const { license, warnings } = await response.json<Changed>();
    expect(license).toMatchObject({ status: "revoked", cancel_due_at: expect.any(String) });
    expect(warnings.map(({ code }) => code)).toEqual(["cancellation_pending"]);
    expectLogged("cancellation.failed");
    expect((await reconcile(deserted, minute())).failed).toBeGreaterThan(0);
    expectLogged("reconciliation.failed");
    expect((await subscriptionOf(checkout)).status).toBe("trialing");
    await reconcile(shopEnv, minute());
    expect((await subscriptionOf(checkout)).status).toBe("canceled");
    expect(await facts(checkout.id)).toMatchObject({ subscription_state: "ended", admin_state: "revoked" });
    expect(await count("licenses", "cancel_due_at IS NOT NULL")).toBe(0);
  });

  it("keeps the subscription if an owner reinstates the license before Stripe was reached", async () => {
    const checkout = await bought("premium-monthly");
    await act(checkout.id, "revoke", { cancel_subscription: true }, deserted);
    expectLogged("cancellation.failed");
    const { license, warnings } = await (await act(checkout.id, "reinstate")).json<Changed>();
    expect([license.status, license.cancel_due_at, warnings]).toEqual(["active", null, []]);
    await reconcile(shopEnv, minute());
    expect((await subscriptionOf(checkout)).status).toBe("trialing");
  });

  it("of a one-time purchase has nothing to cancel", async () => {
    const checkout = await bought("premium-lifetime");
    const { warnings, license } = await (
      await act(checkout.id, "revoke", { cancel_subscription: true })
    ).json<Changed>();
    expect([license.status, license.cancel_due_at, warnings]).toEqual(["revoked", null, []]);
  });

  it("forgets a cancellation of a subscription that Stripe does not have", async () => {
    const checkout = await bought("premium-monthly");
    await act(checkout.id, "revoke", { cancel_subscription: true }, deserted);
    expectLogged("cancellation.failed");
    await env.DB.prepare("UPDATE licenses SET stripe_subscription_id = 'sub_gone' WHERE id = ?")
      .bind(checkout.id)
      .run();
    await reconcile(shopEnv, minute());
    expect(await count("licenses", "cancel_due_at IS NOT NULL")).toBe(0);
    expect(await count("audit", `action = 'license.keep-subscription' AND details LIKE '%missing%'`)).toBe(1);
  });
});

describe("suspending a license with a subscription", () => {
  it("warns that it is still billed", async () => {
    const checkout = await bought("premium-monthly");
    const { warnings } = await (await act(checkout.id, "suspend")).json<Changed>();
    expect(warnings.map(({ code }) => code)).toEqual(["still_billed"]);
    expect(await (await act(checkout.id, "reinstate")).json()).toMatchObject({ warnings: [] });
  });
});

describe("a lost dispute", () => {
  it("revokes the license and cancels its subscription within a minute, without an admin", async () => {
    const checkout = await bought("premium-monthly");
    await control("clock/advance", { days: 15 });
    const { id } = await control("disputes", { session: checkout.sessionId });
    await control(`disputes/${id}/close`, { status: "lost" });
    await deliverAll(checkout.sessionId);
    for await (const event of stripe.events.list({ type: "charge.dispute.closed", limit: 1 })) {
      expect((await deliver(event)).status).toBe(200);
      break;
    }
    expect((await status(checkout)).license?.status).toBe("revoked");
    expect(await count("licenses", "cancel_due_at IS NOT NULL")).toBe(1);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
    await reconcile(shopEnv, minute());
    expect((await subscriptionOf(checkout)).status).toBe("canceled");
    expect(await facts(checkout.id)).toMatchObject({ dispute_state: "lost", subscription_state: "ended" });
  });
});
