import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { type Grant, grantOf } from "../../../src/domain/licensing/grant.ts";
import { licenseRecordOf } from "../../../src/domain/licensing/license/record.ts";
import { licenseCreation, requireLicense } from "../../../src/domain/licensing/license/store.ts";
import { adminLicenseView } from "../../../src/domain/licensing/license/view.ts";
import { grantAt, plans } from "../../../src/domain/licensing/plans.ts";
import { syncLicense } from "../../../src/domain/purchase/sync.ts";
import { formatId, newIdBytes } from "../../../src/lib/id.ts";
import { currentTime, DAY, toRfc3339 } from "../../../src/lib/time.ts";
import { create } from "../../../src/platform/storage/change.ts";

const NOW = currentTime();
/** No subscription here begins with a trial. */
const trialSecret = {} as CryptoKey;
const actor = { actor: "system", requestId: null, now: NOW } as const;

/** A grant that no plan gives, in any of its fields. */
const OLD: Grant = {
  entitlements: ["llm-worker-rbee-premium-cpu"],
  versions: "<0.5.0",
  updates_until: NOW + 7,
  machine_limit: 3,
  offline_days: 2,
  seat_idle_seconds: 7200,
};

async function sold(plan: string, more: object = {}): Promise<string> {
  const license = {
    ...{ id: formatId("lic", newIdBytes()), email: "ada@example.com", plan, note: null, expires_at: null },
    ...{ ...OLD, livemode: false, ...more },
  };
  return (await create(env.DB, licenseCreation(env.DB, license, { action: "license.issue" }), { actor })).id;
}

/** Stripe, with one subscription for seven machines of a plan. */
const stripeWith = (lookup_key: string) => {
  const price = { id: "price_1", lookup_key, metadata: {} };
  const items = { data: [{ price, quantity: 7, current_period_start: NOW, current_period_end: NOW + 30 * DAY }] };
  const subscription = {
    id: "sub_1",
    status: "active",
    items,
    cancel_at: null,
    cancel_at_period_end: false,
    pause_collection: null,
    metadata: {},
  };
  const list = () => ({ data: [], autoPagingToArray: async () => [] });
  const createPreview = async () => ({ amount_due: 0, total: 0, currency: "usd", created: NOW });
  return {
    subscriptions: { retrieve: async () => subscription },
    invoices: { list, createPreview },
  } as unknown as Stripe;
};

describe("a grant", () => {
  it("is held whole by the row, the edge record and the admin's view of a license", async () => {
    const license = await requireLicense(env.DB, await sold("premium-monthly"));
    expect(grantOf(license)).toEqual(OLD);
    expect(grantOf(licenseRecordOf(license, NOW))).toEqual(OLD);
    expect(adminLicenseView(license, NOW)).toMatchObject({ ...OLD, updates_until: toRfc3339(NOW + 7) });
  });

  it("becomes the new plan's in every field when a subscription changes its plan, for the number of paid machines", async () => {
    const id = await sold("premium-retired", { stripe_subscription_id: "sub_1" });
    await syncLicense({ db: env.DB, stripe: stripeWith("premium-monthly"), graceDays: 14, trialSecret }, id, actor);
    const license = await requireLicense(env.DB, id);
    expect(license.plan).toBe("premium-monthly");
    const wanted = { ...grantAt(plans["premium-monthly"], NOW), machine_limit: 7 };
    expect(grantOf(license)).toEqual(wanted);
    for (const field of Object.keys(OLD) as (keyof Grant)[]) expect(wanted[field]).not.toEqual(OLD[field]);
  });

  it("stays as it was sold while the plan stays", async () => {
    const id = await sold("premium-monthly", { stripe_subscription_id: "sub_1" });
    await syncLicense({ db: env.DB, stripe: stripeWith("premium-monthly"), graceDays: 14, trialSecret }, id, actor);
    expect(grantOf(await requireLicense(env.DB, id))).toEqual({ ...OLD, machine_limit: 7 });
  });
});
