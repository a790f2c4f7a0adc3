import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { planOfPrice, plans, SOLD_PLANS } from "../../src/domain/licensing/plans.ts";
import { openAccount, type SyncedAccount } from "../support/node/synced-account.ts";

/** `plans sync` on an account of the Stripe stand-in. */

const Synced = z.object({
  dry_run: z.boolean(),
  plans: z.array(z.object({ plan: z.string(), steps: z.array(z.looseObject({ action: z.string() })) })),
});

let account: SyncedAccount;
let stripe: Stripe;
let sync: SyncedAccount["sync"];
let priceOf: SyncedAccount["priceOf"];

async function open(isEmpty: boolean): Promise<void> {
  account = await openAccount(isEmpty);
  ({ stripe, sync, priceOf } = account);
}

const actions = async (...args: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await sync([...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return Synced.parse(JSON.parse(stdout)).plans.flatMap(({ steps }) => steps.map(({ action }) => action));
};

/** The types of the events: every write leaves one. */
const writes = async (): Promise<string[]> => (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);

afterEach(() => account.standIn.close());

describe("an empty account", () => {
  beforeEach(() => open(true));

  it("gets the products and prices of the plans", async () => {
    const { code, stdout, stderr } = await sync();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("premium-monthly: create price 99.00 USD a month for every 5 machines");
    expect(stdout).toContain("premium-lifetime: create price 279.00 EUR once for every 25 machines");
    expect(await priceOf("premium-monthly")).toMatchObject({
      ...{ unit_amount: 9900, currency: "usd", type: "recurring", recurring: { interval: "month", interval_count: 1 } },
      transform_quantity: { divide_by: 5, round: "up" },
    });
    expect(await priceOf("premium-lifetime")).toMatchObject({
      ...{ unit_amount: 27_900, currency: "eur", type: "one_time", recurring: null },
      transform_quantity: { divide_by: 25, round: "up" },
    });
    const { data: products } = await stripe.products.list();
    expect(products.map(({ name }) => name).sort()).toEqual(SOLD_PLANS.map((plan) => plans[plan].name).sort());
  });

  it("is not changed by --dry-run, which prints the changes of the real run", async () => {
    const would = await sync(["--dry-run"]);
    expect([would.code, await writes()]).toEqual([0, []]);
    const done = await sync();
    const [changes = ""] = done.stdout.split("\n\nThe secret");
    expect(`${changes}\n`).toBe(would.stdout.replaceAll(": would ", ": "));
    expect(would.stdout).not.toContain("whsec_");
    expect((await stripe.webhookEndpoints.list()).data).toHaveLength(1);
  });

  it("is not changed by a second run, which says so", async () => {
    await sync();
    const before = await writes();
    const { stdout } = await sync();
    expect(stdout.trim().split("\n")).toEqual([
      ...SOLD_PLANS.map((plan) => `${plan}: up to date at Stripe.`),
      "webhook: up to date at Stripe.",
      "portal: up to date at Stripe.",
    ]);
    expect(await writes()).toEqual(before);
  });
});

describe("an account that was changed by hand", () => {
  beforeEach(() => open(false));

  it("needs no change at first", async () => {
    expect(await actions()).toEqual([]);
    expect(await writes()).toEqual([]);
  });

  it.each<[string, Partial<Stripe.PriceCreateParams>]>([
    ["amount", { unit_amount: 8800 }],
    ["currency", { currency: "eur" }],
    ["machines to the amount", { transform_quantity: { divide_by: 10, round: "up" } }],
    ["rounding", { transform_quantity: { divide_by: 5, round: "down" } }],
    ["interval", { recurring: { interval: "year" } }],
    ["number of intervals", { recurring: { interval: "month", interval_count: 3 } }],
    ["tax behavior", { tax_behavior: "inclusive" }],
  ])("gets a price of another %s replaced, and the old price still belongs to the plan", async (_, difference) => {
    const right = await priceOf("premium-monthly");
    const wrong = await stripe.prices.create({
      ...{ currency: "usd", unit_amount: 9900, recurring: { interval: "month" }, tax_behavior: "exclusive" },
      ...{ transform_quantity: { divide_by: 5, round: "up" }, product: String(right.product) },
      ...{ lookup_key: "premium-monthly", transfer_lookup_key: true, metadata: { rbee_plan: "premium-monthly" } },
      ...difference,
    });
    await stripe.prices.update(right.id, { active: false });
    expect(await actions()).toEqual(["create_price", "archive_price"]);
    const replaced = await stripe.prices.retrieve(wrong.id);
    expect([replaced.active, replaced.lookup_key, planOfPrice(replaced)]).toEqual([false, null, "premium-monthly"]);
    const { unit_amount, currency, recurring, transform_quantity } = await priceOf("premium-monthly");
    expect({ unit_amount, currency, recurring, transform_quantity }).toEqual({
      unit_amount: right.unit_amount,
      currency: right.currency,
      recurring: right.recurring,
      transform_quantity: right.transform_quantity,
    });
    expect(await actions()).toEqual([]);
  });

  it("gets back the name, description and state of a product, and keeps its other fields", async () => {
    const { product } = await priceOf("premium-lifetime");
    await stripe.products.update(String(product), {
      ...{ name: "Gold", description: "All of it", active: false },
      metadata: { rbee_plan: "", cost_center: "7" },
    });
    expect(await actions()).toEqual(["update_product"]);
    expect(await stripe.products.retrieve(String(product))).toMatchObject({
      ...{ name: "Premium, lifetime", active: true, metadata: { rbee_plan: "premium-lifetime", cost_center: "7" } },
    });
    expect(await actions()).toEqual([]);
  });

  it("gets an archived price activated again, not a new one", async () => {
    const price = await priceOf("premium-lifetime");
    await stripe.prices.update(price.id, { active: false });
    expect(await actions()).toEqual(["update_price"]);
    expect((await priceOf("premium-lifetime")).id).toBe(price.id);
  });

  it("gets an interrupted replacement finished, and keeps the prices of others", async () => {
    const { id, product } = await priceOf("premium-monthly");
    const more = { product: String(product), currency: "usd", unit_amount: 1 };
    const left = await stripe.prices.create({ ...more, metadata: { rbee_plan: "premium-monthly" } });
    const deal = await stripe.prices.create({ ...more, nickname: "a customer's own" });
    expect(await actions()).toEqual(["archive_price"]);
    expect((await stripe.prices.retrieve(left.id)).active).toBe(false);
    expect((await stripe.prices.retrieve(deal.id)).active).toBe(true);
    expect((await priceOf("premium-monthly")).id).toBe(id);
  });
});

describe("plans sync refuses, and changes nothing, with", () => {
  beforeEach(() => open(true));

  it.each<[string, number, string[], NodeJS.ProcessEnv, string]>([
    ["no key", 3, [], { STRIPE_SECRET_KEY: "" }, "STRIPE_SECRET_KEY"],
    ["a publishable key", 3, [], { STRIPE_SECRET_KEY: "pk_test_1" }, "STRIPE_SECRET_KEY"],
    ["a live key without --live", 2, [], { STRIPE_SECRET_KEY: "sk_live_1" }, "--live"],
    ["a restricted live key without --live", 2, ["--dry-run"], { STRIPE_SECRET_KEY: "rk_live_1" }, "--live"],
    ["--live with a test key", 2, ["--live"], {}, "test key"],
    ["a live key for the stand-in", 2, ["--live"], { STRIPE_SECRET_KEY: "sk_live_1" }, "STRIPE_API_BASE"],
    ["a host that is not loopback", 2, [], { STRIPE_API_BASE: "http://192.0.2.1:8789" }, "STRIPE_API_BASE"],
    ["an address that is not a URL", 2, [], { STRIPE_API_BASE: "127.0.0.1:8789" }, "STRIPE_API_BASE"],
    ["a key that Stripe does not know", 3, [], { STRIPE_SECRET_KEY: "sk_test_stranger" }, "Stripe:"],
    ["an unreachable Stripe", 7, [], { STRIPE_API_BASE: "http://127.0.0.1:9" }, "Stripe:"],
  ])("%s", async (_, status, args, env, said) => {
    const { code, stdout, stderr } = await sync(args, env);
    expect([code, stdout, stderr]).toEqual([status, "", expect.stringContaining(said)]);
    expect(stderr).not.toContain("stranger");
    expect(await writes()).toEqual([]);
  });
});
