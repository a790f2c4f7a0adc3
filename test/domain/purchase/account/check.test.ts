import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { checkOwnAccount, checkStripeAccount, PROBES } from "../../../../src/domain/purchase/account/check.ts";
import { webhookOf } from "../../../../src/domain/purchase/account/webhook.ts";
import {
  DOCTOR_CALLS,
  type Permission,
  permissionsFor,
  WORKER_CALLS,
} from "../../../../src/domain/purchase/permissions.ts";
import { configOf } from "../../../../src/platform/config/config.ts";
import { openShop } from "../../../support/shop.ts";

const { control, deserted, shopEnv, stripe } = await openShop();

const ORIGIN = "https://catalog.test";
const NEEDED = permissionsFor({ ...WORKER_CALLS, ...DOCTOR_CALLS });

/** The findings of the account, seen by a key that has only these permissions. */
async function findingsWith(permissions: readonly Permission[]) {
  const { key } = await control("keys", { permissions });
  return (await checkOwnAccount(configOf({ ...shopEnv, STRIPE_SECRET_KEY: String(key) }))) ?? [];
}

/** The findings that are not right, without the permissions. */
const faults = async (): Promise<string[]> =>
  (await checkStripeAccount(stripe, ORIGIN)).filter(({ state }) => state !== "right").map(({ detail }) => detail);

describe("the check of the Stripe account", () => {
  it("has a request for every permission, which changes nothing", async () => {
    expect(Object.keys(PROBES).sort()).toEqual(NEEDED);
    const before = await (await fetch(`${shopEnv.STRIPE_API_BASE}/control/state`)).json<{ now: number }>();
    await findingsWith(NEEDED);
    const after = await (await fetch(`${shopEnv.STRIPE_API_BASE}/control/state`)).json<{ now: number }>();
    expect({ ...after, now: 0 }).toEqual({ ...before, now: 0 });
  });

  it("names each missing permission with its remedy, one by one", async () => {
    for (const missing of NEEDED) {
      const findings = await findingsWith(NEEDED.filter((one) => one !== missing));
      const wrong = findings.filter(({ about, state }) => about === "permission" && state === "wrong");
      expect(wrong.map(({ subject }) => subject)).toEqual([missing]);
      expect(wrong[0]?.remedy).toContain("API keys");
    }
  });

  it("cannot see what the key may not read, and says which permission is missing", async () => {
    const findings = await findingsWith(permissionsFor(WORKER_CALLS));
    const webhook = findings.find(({ about }) => about === "webhook");
    expect([webhook?.state, webhook?.detail]).toEqual(["unknown", expect.stringContaining("webhook_read")]);
  });

  it("is content with an account that `plans sync` has made", async () => {
    const { id } = await stripe.webhookEndpoints.create(webhookOf(ORIGIN));
    expect(await faults()).toEqual([]);
    const all = await checkStripeAccount(stripe, ORIGIN);
    expect([...new Set(all.map(({ about }) => about))]).toEqual(["key", "permission", "webhook", "price", "portal"]);
    expect(all.every(({ remedy }) => remedy === null)).toBe(true);
    await stripe.webhookEndpoints.del(id);
  });

  it("finds an endpoint that is missing, incomplete, outdated, disabled or double", async () => {
    const url = `${ORIGIN}/v1/stripe/webhook`;
    expect(await faults()).toEqual([`Stripe has no endpoint for ${url} with the code's API version.`]);
    const made = await stripe.webhookEndpoints.create({ ...webhookOf(ORIGIN), enabled_events: ["invoice.paid"] });
    expect(await faults()).toEqual([expect.stringContaining("does not send exactly the events")]);
    const right = await stripe.webhookEndpoints.create(webhookOf(ORIGIN));
    expect(await faults()).toContainEqual(expect.stringContaining("the same address"));
    await stripe.webhookEndpoints.del(made.id);
    await stripe.webhookEndpoints.update(right.id, { disabled: true });
    expect(await faults()).toEqual([expect.stringContaining("is disabled")]);
    await stripe.webhookEndpoints.del(right.id);
    const old = await stripe.webhookEndpoints.create({ ...webhookOf(ORIGIN), api_version: "2024-06-20" });
    expect(await faults()).toEqual([
      expect.stringContaining("has no endpoint"),
      expect.stringContaining("another API version"),
    ]);
    await stripe.webhookEndpoints.del(old.id);
  });

  it("finds a portal that offers something else, or has no configuration of ours", async () => {
    const { id } = await stripe.webhookEndpoints.create(webhookOf(ORIGIN));
    const { data } = await stripe.billingPortal.configurations.list({ limit: 100 });
    const ours = data.find(({ metadata }) => metadata?.["rbee"])?.id ?? "";
    const subscription_cancel = { enabled: true, mode: "immediately" };
    await stripe.billingPortal.configurations.update(ours, { features: { subscription_cancel } });
    expect(await faults()).toEqual(["The portal offers something else than the plans."]);
    await stripe.billingPortal.configurations.update(ours, { active: false });
    expect(await faults()).toEqual([expect.stringContaining("no configuration of ours")]);
    await stripe.billingPortal.configurations.update(ours, {
      active: true,
      features: { subscription_cancel: { enabled: true, mode: "at_period_end" } },
    });
    expect(await faults()).toEqual([]);
    await stripe.webhookEndpoints.del(id);
  });

  it("finds a plan without a price", async () => {
    const [price] = (await stripe.prices.list({ lookup_keys: ["premium-lifetime"] })).data;
    await stripe.prices.update(price?.id ?? "", { active: false });
    expect(await faults()).toContainEqual(expect.stringContaining("premium-lifetime has no active price"));
    await stripe.prices.update(price?.id ?? "", { active: true });
  });

  it("says that Stripe does not accept a key, or does not answer", async () => {
    const revoked = await checkOwnAccount(configOf({ ...shopEnv, STRIPE_SECRET_KEY: "sk_test_revoked" }));
    expect(revoked).toMatchObject([
      { about: "key", state: "wrong", remedy: expect.stringContaining("STRIPE_SECRET_KEY") },
    ]);
    const { hostname, port } = new URL(String(Reflect.get(deserted, "STRIPE_API_BASE")));
    const httpClient = Stripe.createFetchHttpClient();
    const away = new Stripe("sk_test_1", { host: hostname, port, protocol: "http", maxNetworkRetries: 0, httpClient });
    const unseen = await checkStripeAccount(away, ORIGIN);
    expect(unseen.filter(({ about }) => about !== "key").every(({ state }) => state === "unknown")).toBe(true);
    expect(await checkOwnAccount(configOf({ ...shopEnv, STRIPE_SECRET_KEY: "" }))).toBeNull();
  });
});
