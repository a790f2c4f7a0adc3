import * as z from "zod";
import { printable, printableLines } from "../../../lib/printable.ts";
import type { Grant } from "../grant.ts";

const Entitlements = z.array(z.string());

/** The columns of a license's grant. The compiler requires a column for each field of `Grant`. */
const GRANT_COLUMNS = {
  entitlements: z.string().transform((text) => Entitlements.parse(JSON.parse(text))),
  versions: z.string(),
  updates_until: z.number().nullable(),
  machine_limit: z.number(),
  offline_days: z.number(),
  seat_idle_seconds: z.number().nullable(),
} satisfies { [Field in keyof Grant]: z.ZodType<Grant[Field]> };

/** The columns of the facts that a license's status follows from. Each has one writer, which overwrites no other. */
export const FACT_COLUMNS = {
  /** The admins' decision. */
  admin_state: z.enum(["none", "suspended", "revoked"]),
  refund_state: z.enum(["none", "partial", "full"]),
  dispute_state: z.enum(["none", "open", "won", "lost"]),
  /** `suspended`: unpaid or paused. `ended`: canceled. `none`: not sold as a subscription. */
  subscription_state: z.enum(["none", "active", "past_due", "suspended", "ended"]),
  /** The end of the paid or granted time; null: no end. */
  expires_at: z.number().nullable(),
  /** An admin's extension: the license is in force until then, regardless of the subscription. END_OF_TIME: no end. */
  extended_until: z.number().nullable(),
  /** How long the license continues after `expires_at`, with a warning. */
  grace_seconds: z.number(),
};

const Flag = z.number().transform((flag) => flag === 1);

/** The columns by which an admin's amendment and the payments of a subscription leave each other alone. */
const AMENDMENT_COLUMNS = {
  /** The machines that the subscription pays for; null: not sold as a subscription. */
  machine_limit_paid: z.number().nullable(),
  /** The least machine limit, granted by an admin; null: none. `machine_limit` is the greater of the two. */
  machine_limit_floor: z.number().nullable(),
  /** An admin has chosen the plan since the subscription ended, so the ended subscription decides no grant any more. */
  plan_amended: Flag,
  /** The customer at Stripe does not have the amended address yet. */
  customer_email_due: Flag,
};

/**
 * The columns of a license's billing, as the payment provider has it. They are for people and decide no status: times
 * are those of the provider, amounts are in the smallest unit of `price_currency`.
 */
export const BILLING_COLUMNS = {
  /** Stripe's word for the state of the subscription; null: no subscription. `paused` also for paused collection. */
  stripe_status: z.string().nullable(),
  /** Only the collection of payments is paused. The license stays in force meanwhile. */
  collection_paused: Flag,
  /** The end of a trial that runs. */
  trial_ends_at: z.number().nullable(),
  /** The time of a scheduled cancellation. */
  cancels_at: z.number().nullable(),
  /** The price of all machines before tax and discounts; null: not bought here, or not known. */
  price_amount: z.number().nullable(),
  price_currency: z.string().nullable(),
  /** The price is for each interval; null: it is paid once. */
  price_interval: z.enum(["month", "year"]).nullable(),
  next_charge_at: z.number().nullable(),
  /** The next charge with tax and discounts; null: nothing will be charged. */
  next_charge_amount: z.number().nullable(),
};

/** The columns of a license's trial. */
export const TRIAL_COLUMNS = {
  /** The mark of an earlier trial, because of which this license began with a payment. Null: no trial was refused. */
  trial_refused: z.enum(["address", "card"]).nullable(),
};

/** The columns of `licenses` that decisions need, with the JSON columns parsed. */
export const LicenseRow = z.object({
  id: z.string(),
  generation: z.number(),
  email: z.string(),
  plan: z.string(),
  note: z.string().overwrite(printableLines).nullable(),
  ...GRANT_COLUMNS,
  ...FACT_COLUMNS,
  ...AMENDMENT_COLUMNS,
  ...BILLING_COLUMNS,
  ...TRIAL_COLUMNS,
  status_index: z.number(),
  livemode: Flag,
  checkout_session_id: z.string().nullable(),
  stripe_customer_id: z.string().nullable(),
  stripe_subscription_id: z.string().nullable(),
  stripe_payment_intent_id: z.string().nullable(),
  /** When it was decided to cancel its subscription at Stripe. Null: nothing to cancel, or canceled. */
  cancel_due_at: z.number().nullable(),
  /** The phase that the owner was last told of; null: none yet. Every change of the license sets it. */
  told: z.string().nullable(),
  /** The next time at which the clock alone gives a reason for a mail; null: never; 0: not computed yet. */
  tell_at: z.number().nullable(),
  revision: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type LicenseRow = z.output<typeof LicenseRow>;

export const MachineRow = z.object({
  id: z.string(),
  fingerprint_hash: z.string(),
  name: z.string().overwrite(printable).nullable(),
  platform: z.string().nullable(),
  activated_at: z.number(),
  last_seen_at: z.number(),
  deactivated_at: z.number().nullable(),
  lease_until: z.number(),
  /** When an admin barred it from the license (table `barred_machines`); null: it is not barred. */
  barred_at: z.number().nullable(),
  /** The place of its tokens in the status lists; null: none yet, or no seat. Valid for `status_generation` alone. */
  status_index: z.number().nullable(),
  /** The generation of the license key that `status_index` was drawn for. */
  status_generation: z.number().nullable(),
});
export type MachineRow = z.output<typeof MachineRow>;
