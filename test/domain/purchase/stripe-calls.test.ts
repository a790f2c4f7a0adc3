import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import {
  type Calls,
  permissionInWords,
  permissionsFor,
  RESOURCES,
  SYNC_CALLS,
  WORKER_CALLS,
} from "../../../src/domain/purchase/permissions.ts";
import { clientOf, neededBy } from "../../../src/domain/purchase/stripe-calls.ts";

const sources = import.meta.glob<string>("../../../src/{domain,web,formats,platform}/**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

const sdk = new Stripe("sk_test_1", { host: "127.0.0.1", port: 9, protocol: "http", maxNetworkRetries: 0 });

describe("the client of Stripe", () => {
  const client = clientOf(sdk, { "customers.del": ["customer_write"], "events.list": ["event_read"] });

  it("has the declared calls, and no other", () => {
    expect(Object.keys(client)).toEqual(["customers", "events"]);
    expect(Object.keys(client.customers)).toEqual(["del"]);
    // @ts-expect-error An undeclared call does not compile.
    expect(client.customers.create).toBeUndefined();
  });

  it("tells the permissions that a failed call needs, and keeps the SDK's lists", async () => {
    const listing = client.events.list({ limit: 1 });
    expect(Symbol.asyncIterator in listing).toBe(true);
    const error = await listing.catch((reason: unknown) => reason);
    expect(error instanceof Error && neededBy(error)).toEqual(["event_read"]);
    expect(neededBy(new Error("another"))).toEqual([]);
  });

  it.each([
    ["of the Worker", WORKER_CALLS],
    ["of plans sync", SYNC_CALLS],
  ] as const)("is made for every call %s", (_, calls: Calls) => {
    for (const path of Object.keys(calls)) {
      const method: unknown = path.split(".").reduce<unknown>((owner, name) => Reflect.get(Object(owner), name), sdk);
      expect([path, typeof method]).toEqual([path, "function"]);
    }
  });

  it("is the only way to Stripe in the Worker: no other file loads the SDK", () => {
    const loading = Object.entries(sources).filter(([, text]) =>
      /import\("stripe"\)|^import (?!type\b).*from "stripe"/m.test(text),
    );
    expect(loading.map(([path]) => path.replace("../../../", ""))).toEqual(["src/domain/purchase/stripe.ts"]);
    const whole = Object.entries(sources).filter(
      ([path, text]) => /\bstripeSdk\b/.test(text) && !path.endsWith("/stripe.ts"),
    );
    expect(whole.map(([path]) => path.split("/").at(-1))).toEqual(["check.ts"]);
  });

  it("expands nothing whose permission is not declared", () => {
    const expansions = Object.entries(sources).flatMap(([path, text]) =>
      [...text.matchAll(/expand: (\[[^\]]*\])/g)].map(([, list]) => `${path.split("/").at(-1)} ${list}`),
    );
    expect(expansions.sort()).toEqual([
      "check.ts [WITH_PRODUCTS]",
      'follow.ts ["data.invoice"]',
      'follow.ts ["payments"]',
      'fulfilment.ts ["line_items.data.price.currency_options", "payment_intent.latest_charge"]',
      'observation.ts ["data.payments", "data.amount_paid_off_stripe"]',
      'observation.ts ["data.refunds"]',
      'observation.ts ["invoice.payments", "invoice.amount_paid_off_stripe"]',
      'observation.ts ["items.data.price.currency_options"]',
      'observation.ts ["refunds"]',
      'prices.ts ["data.currency_options"]',
      'start.ts ["data.currency_options"]',
    ]);
  });
});

describe("the permissions of a restricted key", () => {
  it("are one for each resource: writing implies reading", () => {
    expect(permissionsFor({ a: ["charge_read"], b: ["charge_write", "plan_read"] })).toEqual([
      "charge_write",
      "plan_read",
    ]);
    for (const calls of [WORKER_CALLS, SYNC_CALLS]) {
      const resources = permissionsFor(calls).map((permission) => permission.replace(/_(read|write)$/, ""));
      expect(new Set(resources).size).toBe(resources.length);
    }
  });

  it("have the words of Stripe's dashboard", () => {
    expect(permissionInWords("customer_write")).toBe("Customers: write");
    expect(permissionInWords("plan_read")).toBe("Prices: read");
    expect(permissionInWords("payout_read")).toBe("payout: read");
    expect(permissionInWords("unknown")).toBe("unknown");
    for (const permission of permissionsFor({ ...WORKER_CALLS, ...SYNC_CALLS })) {
      expect(Object.keys(RESOURCES)).toContain(permission.replace(/_(read|write)$/, ""));
    }
  });
});
