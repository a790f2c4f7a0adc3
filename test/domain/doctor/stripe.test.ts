import { beforeAll, describe, expect, it } from "vitest";
import { examine } from "../../../src/domain/doctor/examination.ts";
import type { Finding } from "../../../src/domain/doctor/finding.ts";
import { webhookOf } from "../../../src/domain/purchase/account/webhook.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { openShop } from "../../support/shop.ts";

/** The doctor on an account of the stand-in for Stripe, which knows restricted keys. */

let shop: Awaited<ReturnType<typeof openShop>>;
beforeAll(async () => {
  shop = await openShop();
});

/** The findings about Stripe that do not pass, as `check subject status`. */
async function faults(env: Env): Promise<string[]> {
  const found = await examine({ env, config: configOf(env), now: currentTime(), asked: null });
  return found.filter(({ check, status }) => check.startsWith("stripe-") && status !== "ok").map(shown);
}

const shown = ({ check, subject, status }: Finding): string => [check, subject, status].filter(Boolean).join(" ");

describe("the doctor at Stripe", () => {
  it("finds an account without the webhook endpoint and the portal of `plans sync`, and then one that has them", async () => {
    const found = await faults(shop.shopEnv);
    expect(found).toContain("stripe-webhook failed");
    await shop.stripe.webhookEndpoints.create(webhookOf("https://catalog.test"));
    expect(await faults(shop.shopEnv)).not.toContain("stripe-webhook failed");
  });

  it("names each permission that a restricted key lacks", async () => {
    const permissions = ["checkout_session_write", "plan_read", "event_read", "webhook_read"];
    const { key } = await shop.control("keys", { permissions });
    const found = await faults({ ...shop.shopEnv, STRIPE_SECRET_KEY: String(key) });
    expect(found).toEqual(
      expect.arrayContaining(["stripe-permission customer_write failed", "stripe-permission charge_write failed"]),
    );
    expect(found).not.toContain("stripe-permission event_read failed");
  });

  it("finds a key that Stripe does not accept, and leaves everything unknown while Stripe is down", async () => {
    expect(await faults({ ...shop.shopEnv, STRIPE_SECRET_KEY: "sk_test_revoked" })).toEqual(["stripe-key failed"]);
    const down = await faults(shop.deserted);
    expect(down.length).toBeGreaterThan(0);
    expect(down.filter((fault) => !fault.endsWith("unknown"))).toEqual([]);
  });
});
