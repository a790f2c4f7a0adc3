import * as z from "zod";
import { amountWithCode } from "../lib/money.ts";
import { formatFields, formatRows } from "./output.ts";

const Machine = z.looseObject({
  id: z.string(),
  seat_until: z.string().nullish(),
  lease_until: z.string().nullish(),
  deactivated_at: z.string().nullish(),
});

/** The fields of a license that the command reads, for an admin or the holder. */
export const License = z.looseObject({
  id: z.string(),
  status: z.string(),
  warning: z.string().nullish(),
  trial_ends_at: z.string().nullish(),
  cancels_at: z.string().nullish(),
  entitlements: z.array(z.string()),
  machine_limit: z.number(),
  seats_used: z.number().optional(),
  machines: z.array(Machine).optional(),
  barred_machines: z.array(z.looseObject({ id: z.string() })).optional(),
  billing: z
    .looseObject({
      price: z.looseObject({ amount: z.number(), currency: z.string(), interval: z.string().nullable() }),
      next_charge: z.looseObject({ at: z.string(), amount: z.number(), currency: z.string() }).nullable(),
    })
    .nullish(),
  amendments: z.looseObject({ machine_limit_paid: z.number().nullable(), customer_email_due: z.boolean() }).optional(),
  payments: z.array(z.looseObject({ total: z.number(), currency: z.string() })).optional(),
});

export type License = z.infer<typeof License>;

/** The status of a license; a trial is called a trial: `active (trial until 2026-12-12T10:00:00Z)`. */
function statusOf({ status, warning, trial_ends_at, cancels_at }: License): string {
  const notes = [
    ...(warning ? [warning.replaceAll("_", " ")] : []),
    ...(status === "active" && trial_ends_at ? [`trial until ${trial_ends_at}`] : []),
    ...(status === "active" && cancels_at ? [`canceled, ends ${cancels_at}`] : []),
  ];
  return notes.length === 0 ? status : `${status} (${notes.join("; ")})`;
}

/** Formats one license with its machines. */
export function formatLicense(license: License): string {
  const { machines, seats_used, machine_limit, email, note, payments } = license;
  const facts = formatFields({
    License: license.id,
    Status: statusOf(license),
    Plan: license["plan"],
    ...(email ? { Email: email } : {}),
    Workers: license.entitlements,
    Versions: license["versions"],
    "Updates until": license["updates_until"] ?? "no limit",
    Expires: license["expires_at"] ?? "never",
    Machines: machines ? `${seats_used ?? machines.length} of ${machine_limit}` : `up to ${machine_limit}`,
    ...formatAmendments(license),
    ...formatBilling(license),
    ...(note ? { Note: note } : {}),
  });
  return [
    facts,
    ...(machines?.length ? [formatMachines(machines)] : []),
    ...(payments?.length ? [formatRows(payments, PAYMENT_COLUMNS)] : []),
  ].join("\n\n");
}

/** The differences between what is paid and what an admin has granted. */
function formatAmendments({ amendments, machine_limit }: License): Record<string, unknown> {
  if (!amendments) return {};
  const { machine_limit_paid: paid, customer_email_due } = amendments;
  return {
    ...(paid !== null && paid < machine_limit ? { Paid: `${paid} machines; the others were granted` } : {}),
    ...(customer_email_due ? { Stripe: "does not have the new email address yet; the catalog retries" } : {}),
  };
}

/** The price and the next charge. Without a price, the catalog knows of no payment. */
function formatBilling({ billing }: License): Record<string, unknown> {
  if (!billing) return {};
  const { price, next_charge } = billing;
  const every = price.interval === null ? "once" : `a ${price.interval}`;
  const next = next_charge && `${amountWithCode(next_charge.amount, next_charge.currency)} at ${next_charge.at}`;
  return { Price: `${amountWithCode(price.amount, price.currency)} ${every}`, "Next charge": next ?? "none" };
}

/** The state of a payment. That of a trial says that nothing was paid for it, as in the console. */
export function paymentState({ kind, state }: Readonly<Record<string, unknown>>): unknown {
  return kind === "trial" && state === "paid" ? "free" : state;
}

/** The columns of the payments of one license. */
const PAYMENT_COLUMNS = {
  PAYMENT: "kind",
  STATE: paymentState,
  TOTAL: ({ total, currency }: NonNullable<License["payments"]>[number]) => amountWithCode(total, currency),
  AT: "at",
  INVOICE: "invoice_number",
  ID: "id",
} as const;

/** Formats the machines of one license. */
export const formatMachines = (machines: NonNullable<License["machines"]>): string =>
  formatRows(machines, {
    MACHINE: "id",
    NAME: "name",
    PLATFORM: "platform",
    ACTIVATED: "activated_at",
    "LAST SEEN": "last_seen_at",
    SEAT: seatInWords,
  });

/** The seat of a machine in words: until when it is held, and by what. */
function seatInWords({ seat_until, lease_until, deactivated_at }: z.infer<typeof Machine>): string {
  if (deactivated_at) return `deactivated; lease until ${lease_until}`;
  if (lease_until) return `lease until ${lease_until}`;
  return seat_until ? `until ${seat_until}` : "held";
}

/** Formats the machines that are barred from one license. */
export const formatBarred = (machines: NonNullable<License["barred_machines"]>): string =>
  formatRows(machines, { BARRED: "id", NAME: "name", SINCE: "barred_at" });
