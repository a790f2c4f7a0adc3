import type Stripe from "stripe";
import * as z from "zod";
import { type Change, ifChanged } from "../../platform/storage/ledger.ts";
import type { LicenseFacts } from "../licensing/license/record.ts";
import { type Observation, paymentIntentsOf } from "./observation.ts";
import { idOf } from "./stripe.ts";

/** The refunds and disputes of one charge, as facts of a license. */
export type ChargeFacts = Pick<LicenseFacts, "refund_state" | "dispute_state">;

/**
 * How much of a charge has been refunded. It adds up the refunds, because a refund that fails later no longer counts,
 * and does not use `amount_refunded`. `credited` was given back in another way (`creditedBeside`). Amounts are in the
 * currency's smallest unit.
 */
export function refundState(
  charge: Pick<Stripe.Charge, "amount_captured">,
  refunds: Pick<Stripe.Refund, "amount" | "status">[],
  credited = 0,
): ChargeFacts["refund_state"] {
  const given = refunds
    .filter(({ status }) => status !== "failed" && status !== "canceled")
    .reduce((sum, { amount }) => sum + amount, credited);
  if (given === 0) return "none";
  return given >= charge.amount_captured ? "full" : "partial";
}

/**
 * The part of a paid invoice that credit notes give back beside refunds: as a balance of the customer, or outside
 * Stripe. A refund of a credit note is one of the charge, too, so it is not counted here.
 */
export const creditedBeside = (
  notes: readonly Pick<Stripe.CreditNote, "invoice" | "status" | "post_payment_amount" | "refunds">[],
  invoiceId: string,
): number =>
  notes
    .filter(({ invoice, status }) => status === "issued" && idOf(invoice) === invoiceId)
    .reduce(
      (sum, { post_payment_amount, refunds }) =>
        sum + post_payment_amount - refunds.reduce((part, { amount_refunded }) => part + amount_refunded, 0),
      0,
    );

/** The worst outcome of a charge's disputes. Inquiries (`warning_*`) hold nothing back, and lift nothing. */
export function disputeState(disputes: Pick<Stripe.Dispute, "status">[]): ChargeFacts["dispute_state"] {
  const states = disputes.map(({ status }): ChargeFacts["dispute_state"] => {
    switch (status) {
      case "lost":
        return "lost";
      case "won":
      case "prevented":
        return "won";
      case "needs_response":
      case "under_review":
        return "open";
      default:
        return "none";
    }
  });
  return worst(states, ["lost", "open", "won"]);
}

/**
 * The outcome of all charges of a license. The worst dispute of any charge counts. A refund counts only for the one
 * charge of a one-time purchase. A refund of one month of a subscription leaves the license as it is, because the
 * subscription itself decides until when it is paid.
 */
export function licenseChargeFacts(charges: ChargeFacts[], isSubscription: boolean): ChargeFacts {
  return {
    refund_state: isSubscription
      ? "none"
      : worst(
          charges.map(({ refund_state }) => refund_state),
          ["full", "partial"],
        ),
    dispute_state: worst(
      charges.map(({ dispute_state }) => dispute_state),
      ["lost", "open", "won"],
    ),
  };
}

const worst = <State extends string>(states: State[], order: State[]): State | "none" =>
  order.find((state) => states.includes(state)) ?? "none";

const ChargeRow = z.object({
  charge_id: z.string(),
  refund_state: z.enum(["none", "partial", "full"]),
  dispute_state: z.enum(["none", "open", "won", "lost"]),
});

/** A charge of a license, with its known facts. */
export type KnownCharge = z.infer<typeof ChargeRow>;

/** The known charges of a license. Throws D1's errors. */
export async function chargesOf(db: D1Database, licenseId: string): Promise<KnownCharge[]> {
  const { results } = await db.prepare("SELECT * FROM license_charges WHERE license_id = ?").bind(licenseId).all();
  return results.map((row) => ChargeRow.parse(row));
}

/** The statement that stores the facts of a charge, if the change of its license takes effect. */
export const chargeKnown = (
  db: D1Database,
  licenseId: string,
  charge: KnownCharge,
  change: Change,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "licenses", id: licenseId },
    change.id,
    `INSERT INTO license_charges (charge_id, license_id, refund_state, dispute_state, updated_at)
     SELECT ?, ?, ?, ?, ? WHERE TOOK_EFFECT
     ON CONFLICT (charge_id) DO UPDATE SET refund_state = excluded.refund_state, dispute_state = excluded.dispute_state,
       updated_at = excluded.updated_at`,
    charge.charge_id,
    licenseId,
    charge.refund_state,
    charge.dispute_state,
    change.at,
  );

/**
 * The refunds and disputes of each charge that was observed, and the credits of the invoices that they paid. `payment`
 * is the payment intent of a one-time purchase. A license that was upgraded to one also has charges of
 * its old subscription. A refund of those leaves the license as it is.
 */
export const chargeFacts = (
  { charges, invoices, creditNotes }: Pick<Observation, "charges" | "invoices" | "creditNotes">,
  payment: string | null,
): KnownCharge[] =>
  charges.map(({ charge, refunds, disputes }) => {
    const intent = idOf(charge.payment_intent);
    const paid = intent === null ? undefined : invoices.find((invoice) => paymentIntentsOf(invoice).includes(intent));
    const credited = paid ? creditedBeside(creditNotes, paid.id) : 0;
    return {
      charge_id: charge.id,
      refund_state: payment !== null && intent !== payment ? "none" : refundState(charge, refunds, credited),
      dispute_state: disputeState(disputes),
    };
  });

/**
 * The charges to store: those that differ from what is known, and of a subscription only those that a refund or a
 * dispute has ever touched. Every month adds a charge that nobody has to remember.
 */
export const chargesToStore = (
  seen: readonly KnownCharge[],
  known: readonly KnownCharge[],
  isSubscription: boolean,
): KnownCharge[] =>
  seen.filter((charge) => {
    const before = known.find((old) => old.charge_id === charge.charge_id);
    if (before) return !isSame(before, charge);
    return !isSubscription || charge.refund_state !== "none" || charge.dispute_state !== "none";
  });

const isSame = (a: KnownCharge, b: KnownCharge): boolean =>
  a.charge_id === b.charge_id && a.refund_state === b.refund_state && a.dispute_state === b.dispute_state;
