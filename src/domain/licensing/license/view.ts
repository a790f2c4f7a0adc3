import { z } from "@hono/zod-openapi";
import { toRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import { Timestamp } from "../../../platform/http/schemas.ts";
import type { EdgeState } from "../../../platform/storage/settle.ts";
import { type Grant, grantOf } from "../grant.ts";
import { isTrialPlan } from "../plans.ts";
import { BillingView, billingView } from "./billing-view.ts";
import { endOf, LICENSE_STATUSES, type License, type MachineRow, type Standing, standingOf } from "./record.ts";
import { seatEnd, seatedMachines } from "./seats.ts";
import { Warning, warningsOf } from "./warnings.ts";

/** The marks of an earlier trial because of which a purchase has none. */
const TRIAL_REFUSALS = ["address", "card"] as const;

/** Example values shared by the API description. */
export const EXAMPLE_LICENSE_ID = "lic_06b4m2v8w5r7q1t3x9z2k4n6p8";
export const EXAMPLE_LICENSE_KEY = "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF";

export const MachineView = z
  .object({
    id: z.string().openapi({ example: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    name: z.string().nullable().openapi({ example: "attic" }),
    platform: z.string().nullable().openapi({ example: "linux-x86_64" }),
    activated_at: Timestamp,
    last_seen_at: Timestamp,
    seat_until: Timestamp.nullable().openapi({
      description:
        "The machine holds its seat until then if it gives no further sign of life. null: until it is deactivated. Getting a " +
        "token is a sign of life, and moves this time.",
      example: null,
    }),
    lease_until: Timestamp.nullable().openapi({
      description: "The end of a running offline lease, which holds the seat until then even after a deactivation.",
      example: null,
    }),
    deactivated_at: Timestamp.nullable().openapi({
      description: "When the machine was deactivated. It is listed as long as its lease still holds the seat.",
      example: null,
    }),
  })
  .openapi("Machine");

/** The description of each field of a grant. The compiler requires one for each. */
const GRANT_VIEW = {
  entitlements: z.array(z.string()).openapi({ example: ["llm-worker-rbee-premium-*"] }),
  versions: z.string().openapi({ description: "Semver range.", example: "<2.0.0" }),
  updates_until: Timestamp.nullable(),
  machine_limit: z.number().int().openapi({ example: 5 }),
  offline_days: z.number().int().openapi({ description: "Longest offline lease.", example: 7 }),
  seat_idle_seconds: z.number().int().nullable().openapi({
    description: "How long a machine keeps its seat without a sign of life. null: until it is deactivated.",
    example: null,
  }),
} satisfies { [Field in keyof Grant]: z.ZodType };

/** Only admins see the length of leases. */
const { offline_days: _ofAdmins, ...HOLDER_GRANT_VIEW } = GRANT_VIEW;

export const LicenseView = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_LICENSE_ID }),
    status: z.enum(LICENSE_STATUSES),
    warning: z.enum(["in_grace"]).nullable().openapi({
      description: "`in_grace`: the license has passed `expires_at` and stops soon.",
      example: null,
    }),
    plan: z.string().openapi({ example: "premium-monthly" }),
    ...HOLDER_GRANT_VIEW,
    expires_at: Timestamp.nullable(),
    trial_ends_at: Timestamp.nullable().openapi({
      description: "The end of a running trial, before its first payment or issued free of charge.",
      example: null,
    }),
    trial_refused: z.enum(TRIAL_REFUSALS).nullable().openapi({
      description:
        "The license began with a payment instead of the plan's free trial, because this address or payment method has had one.",
      example: null,
    }),
    machine_limit_after_trial: z.number().int().nullable().openapi({
      description: "The machine limit from the first payment on, if the trial has a lower one.",
      example: null,
    }),
    cancels_at: Timestamp.nullable().openapi({ description: "The end that was ordered for it.", example: null }),
    seats_used: z
      .number()
      .int()
      .openapi({ description: "The seats that machines hold, of `machine_limit`.", example: 1 }),
    billing: BillingView.nullable().openapi({ description: "Null: not bought here, or not known." }),
    machines: z.array(MachineView).openapi({
      description: "The machines that hold a seat, also by an offline lease alone. A token sees its own machine only.",
    }),
  })
  .openapi("License");

/** A machine of a license as clients see it at `now`. */
export const machineView = (
  license: Pick<License, "seat_idle_seconds">,
  machine: MachineRow,
  now: UnixSeconds,
): z.infer<typeof MachineView> => ({
  id: machine.id,
  name: machine.name,
  platform: machine.platform,
  activated_at: toRfc3339(machine.activated_at),
  last_seen_at: toRfc3339(machine.last_seen_at),
  seat_until: toRfc3339(finite(seatEnd(license, machine))),
  lease_until: machine.lease_until > now ? toRfc3339(machine.lease_until) : null,
  deactivated_at: toRfc3339(machine.deactivated_at),
});

const finite = (at: UnixSeconds): UnixSeconds | null => (Number.isFinite(at) ? at : null);

/** The end of a running trial: before its first payment, or issued free of charge. */
const trialEnd = (license: License, { status }: Standing): UnixSeconds | null =>
  license.trial_ends_at ?? (status === "active" && isTrialPlan(license.plan) ? endOf(license) : null);

/** The machine limit from the first payment on; null if it is the limit already. */
function limitAfterTrial({ machine_limit, machine_limit_paid: paid }: License): number | null {
  return paid !== null && paid > machine_limit ? paid : null;
}

/**
 * A license as its holder sees it at `now`, without the seller's own facts. It lists the machines that hold a seat, or
 * only the one with the fingerprint hash `only`: a token sees no machine but its own.
 */
export function licenseView(license: License, now: UnixSeconds, only?: string): z.infer<typeof LicenseView> {
  const seated = seatedMachines(license, now);
  const standing = standingOf(license, now);
  const { offline_days: _ofAdmins, updates_until, ...grant } = grantOf(license);
  return {
    id: license.id,
    status: standing.status,
    warning: standing.status === "active" ? standing.warning : null,
    plan: license.plan,
    ...grant,
    updates_until: toRfc3339(updates_until),
    expires_at: toRfc3339(endOf(license)),
    trial_ends_at: toRfc3339(trialEnd(license, standing)),
    trial_refused: license.trial_refused,
    machine_limit_after_trial: limitAfterTrial(license),
    cancels_at: toRfc3339(license.cancels_at),
    seats_used: seated.length,
    billing: billingView(license),
    machines: seated
      .filter(({ fingerprint_hash }) => only === undefined || fingerprint_hash === only)
      .map((machine) => machineView(license, machine, now)),
  };
}

const BarredMachineView = MachineView.pick({ id: true, name: true, platform: true, last_seen_at: true })
  .extend({ barred_at: Timestamp })
  .openapi("BarredMachine");

export const AdminLicenseView = LicenseView.extend({
  barred_machines: z.array(BarredMachineView).openapi({ description: "Machines that get no seat of this license." }),
  email: z.string().openapi({ example: "ada@example.com" }),
  note: z.string().nullable().openapi({ example: "for the review copy" }),
  livemode: z.boolean().openapi({ description: "False for licenses of a development or test system." }),
  key_generation: z.number().int().openapi({ description: "How often the key has been rotated.", example: 0 }),
  offline_days: GRANT_VIEW.offline_days,
  facts: z
    .object({
      admin_state: z.enum(["none", "suspended", "revoked"]),
      refund_state: z.enum(["none", "partial", "full"]),
      dispute_state: z.enum(["none", "open", "won", "lost"]),
      subscription_state: z.enum(["none", "active", "past_due", "suspended", "ended"]),
    })
    .openapi({ description: "The facts that the status follows from." }),
  amendments: z
    .object({
      machine_limit_paid: z.number().int().nullable().openapi({
        description: "The machines that its subscription pays for. Null: no subscription decides.",
        example: 5,
      }),
      machine_limit_floor: z.number().int().nullable().openapi({
        description: "The machine limit that an admin has granted beyond. Payments do not undo it.",
        example: 7,
      }),
      extended_until: Timestamp.nullable().openapi({
        description: "The end that an admin has granted beyond the paid one.",
      }),
      plan_amended: z.boolean().openapi({ description: "An admin chose the plan after the subscription ended." }),
      customer_email_due: z.boolean().openapi({
        description: "The customer at Stripe does not have the amended address yet. A job retries.",
      }),
    })
    .openapi({ description: "The differences between what is paid and what an admin has amended." }),
  stripe_status: z.string().nullable().openapi({
    description: "Stripe's word for the state of the subscription. `paused` also if only the collection is paused.",
    example: "active",
  }),
  collection_paused: z.boolean().openapi({
    description: "Stripe collects no payments for now, and the license stays in force.",
  }),
  cancel_due_at: Timestamp.nullable().openapi({
    description: "Since when the subscription is to be canceled at Stripe. Null once it is, or if nothing is to be.",
    example: null,
  }),
  created_at: Timestamp,
  updated_at: Timestamp,
}).openapi("AdminLicense");

/** A license as an admin sees it at `now`: everything except its key. */
export const adminLicenseView = (license: License, now: UnixSeconds): z.infer<typeof AdminLicenseView> => ({
  ...licenseView(license, now),
  barred_machines: license.machines.flatMap(({ id, name, platform, last_seen_at, barred_at }) =>
    barred_at === null
      ? []
      : [{ id, name, platform, last_seen_at: toRfc3339(last_seen_at), barred_at: toRfc3339(barred_at) }],
  ),
  email: license.email,
  note: license.note,
  livemode: license.livemode,
  key_generation: license.generation,
  offline_days: license.offline_days,
  facts: {
    admin_state: license.admin_state,
    refund_state: license.refund_state,
    dispute_state: license.dispute_state,
    subscription_state: license.subscription_state,
  },
  amendments: {
    machine_limit_paid: license.machine_limit_paid,
    machine_limit_floor: license.machine_limit_floor,
    extended_until: toRfc3339(license.extended_until),
    plan_amended: license.plan_amended,
    customer_email_due: license.customer_email_due,
  },
  stripe_status: license.stripe_status,
  collection_paused: license.collection_paused,
  cancel_due_at: toRfc3339(license.cancel_due_at),
  created_at: toRfc3339(license.created_at),
  updated_at: toRfc3339(license.updated_at),
});

export const ChangedLicense = z
  .object({
    license: AdminLicenseView,
    key: z.string().optional().openapi({
      description: "After issuing and rotating: the license's key.",
      example: EXAMPLE_LICENSE_KEY,
    }),
    edge: z.enum(["published", "pending"]).openapi({
      description:
        "`published`: downloads usually follow within 40 s. `pending`: KV did not take the change yet; it is retried " +
        "until KV does. Tokens, activations and verifications follow at once in any case.",
    }),
    warnings: z.array(Warning).openapi({ description: "Consequences that the act left as they are." }),
  })
  .openapi("ChangedLicense");

/** The answer to an act on a license at `now`. `key`: a new key that the admin may see. */
export const changedLicense = (
  license: License,
  edge: EdgeState,
  now: UnixSeconds,
  key?: string | null,
): z.infer<typeof ChangedLicense> => ({
  license: adminLicenseView(license, now),
  edge,
  warnings: warningsOf(license, now),
  ...(key != null && { key }),
});

/** The `{id}` in the paths of a license. */
export const LicenseParams = z.object({
  id: z.string().openapi({ param: { description: "The license." }, example: EXAMPLE_LICENSE_ID }),
});

/** The `{id}` and `{machine_id}` in the paths of a machine of a license. */
export const MachineParams = LicenseParams.extend({
  machine_id: z.string().openapi({
    param: { description: "The machine's id in the license." },
    example: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8",
  }),
});
