import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { EVENT_TYPES } from "../../src/domain/purchase/events/types.ts";
import { priceOf as priceOfPlan } from "../../src/domain/purchase/offer.ts";
import { DOCTOR_CALLS, permissionsFor, SYNC_CALLS, WORKER_CALLS } from "../../src/domain/purchase/permissions.ts";
import { STRIPE_API_VERSION } from "../../src/domain/purchase/stripe.ts";
import { runCli } from "../support/node/run-cli.ts";
import { openAccount, type SyncedAccount } from "../support/node/synced-account.ts";

/** The webhook endpoint and the billing portal that `plans sync` makes on an account of the Stripe stand-in. */

const Synced = z.object({
  webhook: z.object({
    url: z.string().nullable(),
    steps: z.array(z.looseObject({ action: z.string() })),
    faults: z.array(z.string()),
    secret: z.string().nullable(),
  }),
});

let account: SyncedAccount;
let stripe: Stripe;
let sync: SyncedAccount["sync"];
let priceOf: SyncedAccount["priceOf"];

async function open(isEmpty: boolean): Promise<void> {
  account = await openAccount(isEmpty);
  ({ stripe, sync, priceOf } = account);
}

afterEach(() => account.standIn.close());

const AT = ["--url", "https://shop.test"];
const URL_OF_WEBHOOK = "https://shop.test/v1/stripe/webhook";
const endpoints = async () => (await stripe.webhookEndpoints.list({ limit: 100 })).data;

/** The webhook's part of the answer. */
async function webhook(...args: string[]) {
  const { code, stdout } = await sync([...AT, ...args, "--json"]);
  expect(code).toBe(0);
  return Synced.parse(JSON.parse(stdout)).webhook;
}

describe("the webhook endpoint", () => {
  beforeEach(() => open(false));

  it("gets the address, every event of the code and no other, and the code's API version", async () => {
    const { stdout } = await sync(AT);
    const [made, ...others] = await endpoints();
    expect(others).toEqual([]);
    expect(made).toMatchObject({ url: URL_OF_WEBHOOK, api_version: STRIPE_API_VERSION, status: "enabled" });
    expect(made?.enabled_events.toSorted()).toEqual(EVENT_TYPES.toSorted());
    expect(stdout).toContain(`webhook: create an endpoint for ${URL_OF_WEBHOOK}`);
    expect(stdout).toMatch(/\n {2}whsec_\w+\n/);
    expect(stdout).toContain("npx wrangler secret put STRIPE_WEBHOOK_SECRET");
  });

  it("is made once, and its secret is printed once", async () => {
    expect(await webhook()).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      steps: [{ action: "create_webhook" }],
    });
    for (let i = 0; i < 2; i++) expect(await webhook()).toMatchObject({ secret: null, steps: [], faults: [] });
    expect(await endpoints()).toHaveLength(1);
  });

  it.each<[string, Stripe.WebhookEndpointUpdateParams["enabled_events"]]>([
    ["an event too few", ["invoice.paid"]],
    ["an event too many", [...EVENT_TYPES, "payout.paid"]],
    ["all events", ["*"]],
  ])("with %s gets exactly ours, and keeps its secret", async (_, enabled_events = []) => {
    const { id } = await stripe.webhookEndpoints.create({
      url: URL_OF_WEBHOOK,
      enabled_events,
      api_version: STRIPE_API_VERSION,
    });
    expect(await webhook()).toMatchObject({ secret: null, steps: [{ action: "update_webhook", id }] });
    expect((await stripe.webhookEndpoints.retrieve(id)).enabled_events.toSorted()).toEqual(EVENT_TYPES.toSorted());
  });

  it("of another API version is replaced, because Stripe cannot change the version", async () => {
    const old = await stripe.webhookEndpoints.create({
      url: URL_OF_WEBHOOK,
      enabled_events: ["*"],
      api_version: "2024-06-20",
    });
    const { secret, steps } = await webhook();
    expect(secret).toMatch(/^whsec_/);
    expect(steps.map(({ action }) => action)).toEqual(["create_webhook", "delete_webhook"]);
    const [left, ...others] = await endpoints();
    expect([left?.api_version, left?.id === old.id, others]).toEqual([STRIPE_API_VERSION, false, []]);
  });

  it("that is disabled is told and stays disabled, and so is a second one", async () => {
    await sync(AT);
    const [made] = await endpoints();
    await stripe.webhookEndpoints.update(made?.id ?? "", { disabled: true });
    const { code, stdout } = await sync(AT);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`webhook: Endpoint ${made?.id} is disabled`)]);
    expect(stdout).not.toContain("webhook: up to date");
    expect((await endpoints()).map(({ status }) => status)).toEqual(["disabled"]);
    await stripe.webhookEndpoints.create({
      url: URL_OF_WEBHOOK,
      enabled_events: [...EVENT_TYPES],
      api_version: STRIPE_API_VERSION,
    });
    expect((await webhook()).faults).toEqual([expect.stringContaining(`${made?.id} has the same address`)]);
  });

  it("of another address stays as it is", async () => {
    const other = await stripe.webhookEndpoints.create({ url: "https://mugs.test/hook", enabled_events: ["*"] });
    await sync(AT);
    expect(await stripe.webhookEndpoints.retrieve(other.id)).toMatchObject({ url: other.url, enabled_events: ["*"] });
  });
});

describe("the portal's configuration", () => {
  beforeEach(() => open(true));

  const ours = async () =>
    (await stripe.billingPortal.configurations.list({ limit: 100 })).data.filter(({ metadata }) => metadata?.["rbee"]);

  it("offers cancellation at the period's end, machines, invoices and cards, and no change of address", async () => {
    await sync();
    const [made, ...others] = await ours();
    expect(others).toEqual([]);
    const price = await priceOf("premium-monthly");
    expect(made?.features).toMatchObject({
      customer_update: { enabled: false },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: "at_period_end", proration_behavior: "none" },
      subscription_update: {
        ...{ enabled: true, default_allowed_updates: ["quantity"], trial_update_behavior: "continue_trial" },
        products: [
          {
            product: price.product,
            prices: [price.id],
            adjustable_quantity: { enabled: true, minimum: 1, maximum: 500 },
          },
        ],
      },
    });
  });

  it("is made once, and gets back a change that was made by hand", async () => {
    for (let i = 0; i < 2; i++) await sync();
    const [made, ...others] = await ours();
    expect(others).toEqual([]);
    await stripe.billingPortal.configurations.update(made?.id ?? "", {
      features: { customer_update: { enabled: true, allowed_updates: ["email"] } },
    });
    expect((await sync()).stdout).toContain("portal: update the billing portal's configuration");
    expect((await ours())[0]?.features.customer_update.enabled).toBe(false);
  });

  it("follows a price that was replaced", async () => {
    await sync();
    const old = await priceOf("premium-monthly");
    const { unit_amount: _, ...terms } = priceOfPlan("premium-monthly");
    await stripe.prices.create({ ...terms, unit_amount: 1, transfer_lookup_key: true });
    await sync();
    const current = await priceOf("premium-monthly");
    expect(current.id).not.toBe(old.id);
    const [{ features } = { features: null }] = await ours();
    expect(features?.subscription_update.products?.[0]?.prices).toEqual([current.id]);
  });
});

describe("with a restricted key, plans sync", () => {
  beforeEach(() => open(true));

  async function keyWith(permissions: readonly string[]): Promise<string> {
    const response = await fetch(`${account.standIn.controlUrl}/keys`, {
      method: "POST",
      body: JSON.stringify({ permissions }),
    });
    return z.object({ key: z.string() }).parse(await response.json()).key;
  }

  it("needs exactly the permissions that it prints", async () => {
    const needed = permissionsFor(SYNC_CALLS);
    for (const missing of needed) {
      const STRIPE_SECRET_KEY = await keyWith(needed.filter((each) => each !== missing));
      const { code, stderr } = await sync(AT, { STRIPE_SECRET_KEY });
      expect([missing, code]).toEqual([missing, 3]);
      expect(stderr).toContain(missing.replace(/_(read|write)$/, ""));
      expect(stderr).toContain("plans sync --permissions");
    }
    const { code } = await sync(AT, { STRIPE_SECRET_KEY: await keyWith(needed) });
    expect(code).toBe(0);
  });

  it("--permissions prints every list without a key", async () => {
    const { code, stdout } = await runCli(["plans", "sync", "--permissions"], {});
    expect(code).toBe(0);
    for (const calls of [WORKER_CALLS, DOCTOR_CALLS, SYNC_CALLS]) {
      for (const permission of permissionsFor(calls)) expect(stdout).toContain(`(${permission})`);
    }
    const json = await runCli(["plans", "sync", "--permissions", "--json"], {});
    expect(JSON.parse(json.stdout)).toMatchObject({ worker: permissionsFor(WORKER_CALLS) });
  });
});
