import type Stripe from "stripe";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { premiumFamilies } from "../workers/families.ts";
import { type Grant, grantOf } from "./grant.ts";

/** A plan with its grant. Stripe has its price and currency, under the plan's id as `lookup_key`. */
export type Plan = Omit<Grant, "updates_until"> & {
  id: PlanId;
  /** The days after the purchase in which releases are published that a license covers; null: every release. */
  updates_days: number | null;
  name: string;
  description: string;
  /** The days that a license issued by hand lasts unless its admin decides otherwise; null: no end. */
  duration_days: number | null;
  trial_days: number;
  /** `admin`: not sold, only issued by hand. */
  billing: Billing | "admin";
};

/** The intervals at which a subscription is paid, in Stripe's words. */
export const BILLING_INTERVALS = ["month", "year"] as const;
export type BillingInterval = (typeof BILLING_INTERVALS)[number];

/** How a plan is paid: at each interval, or once. */
export type Billing = { interval: BillingInterval | "once" };

/** A plan that is on sale. */
export type SoldPlan = Plan & { id: SoldPlanId; billing: Billing };

/** The plans on sale, in the order of display. */
export const SOLD_PLANS = ["premium-monthly", "premium-lifetime"] as const;
export type SoldPlanId = (typeof SOLD_PLANS)[number];

export const PLAN_IDS = [...SOLD_PLANS, "premium-trial"] as const;
export type PlanId = (typeof PLAN_IDS)[number];

/** Every premium family of the table, so a new one is in the plans that are sold from then on. */
const EVERY_PREMIUM_WORKER = premiumFamilies.map(({ id }) => `${id}-*`);

/** Every plan. A license keeps the grant that it was sold with, so a change here affects only later sales. */
export const plans: Readonly<Record<SoldPlanId, SoldPlan> & Record<PlanId, Plan>> = {
  "premium-monthly": {
    id: "premium-monthly",
    name: "Premium, monthly",
    description: "Every premium worker in every version, on five machines.",
    entitlements: EVERY_PREMIUM_WORKER,
    versions: "*",
    updates_days: null,
    machine_limit: 5,
    offline_days: 7,
    seat_idle_seconds: null,
    duration_days: 31,
    trial_days: 14,
    billing: { interval: "month" },
  },
  "premium-lifetime": {
    id: "premium-lifetime",
    name: "Premium, lifetime",
    description: "Every premium worker in every version before 2.0, on 25 machines. You pay once, and it never ends.",
    entitlements: EVERY_PREMIUM_WORKER,
    versions: "<2.0.0",
    updates_days: null,
    machine_limit: 25,
    offline_days: 30,
    seat_idle_seconds: null,
    duration_days: null,
    trial_days: 0,
    billing: { interval: "once" },
  },
  "premium-trial": {
    id: "premium-trial",
    name: "Premium, trial",
    description: "Every premium worker on one machine for 30 days.",
    entitlements: EVERY_PREMIUM_WORKER,
    versions: "*",
    updates_days: null,
    machine_limit: 1,
    offline_days: 0,
    seat_idle_seconds: null,
    duration_days: 30,
    trial_days: 0,
    billing: "admin",
  },
};

/** The interval at which a plan's subscription is paid; null for a plan that is paid once. */
export const intervalOf = ({ billing }: Pick<SoldPlan, "billing">): BillingInterval | null =>
  billing.interval === "once" ? null : billing.interval;

/** The grant of a license that gets its plan at `now`. */
export const grantAt = (plan: Omit<Plan, "id">, now: UnixSeconds): Grant =>
  grantOf({ ...plan, updates_until: plan.updates_days === null ? null : now + plan.updates_days * DAY });

/** Whether the licenses of a plan are trials that an admin issues free of charge. */
export const isTrialPlan = (id: string): boolean => id === "premium-trial";

/** The name of a plan for people. A plan that is no longer in the code is shown by its id. */
export function planName(id: string): string {
  const known = PLAN_IDS.find((plan) => plan === id);
  return known === undefined ? id : plans[known].name;
}

/**
 * The plan of one of Stripe's prices, by its `lookup_key`, or by the metadata that `plans sync` sets. A price that was
 * replaced by a newer one has lost its key, but its buyers still pay it. Null for any other price.
 */
export function planOfPrice({
  lookup_key,
  metadata,
}: Pick<Stripe.Price, "lookup_key" | "metadata">): SoldPlanId | null {
  const name = lookup_key ?? metadata["rbee_plan"];
  return SOLD_PLANS.find((id) => id === name) ?? null;
}
