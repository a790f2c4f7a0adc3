import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

export type NewPaymentMethod = {
  type: "card" | "sepa_debit";
  /** The buyer's address, or a customer. Each has a card and an account of their own. */
  owner: string;
  /** The number of a card, if the buyer gave one. */
  number?: string | null | undefined;
  name?: string | null | undefined;
  customer?: string | null | undefined;
};

/** The same card has the same fingerprint, whoever pays with it: letters and digits, as at Stripe. */
const fingerprintOf = (card: string): string =>
  createHash("sha256")
    .update(card)
    .digest("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, 16);

/**
 * Stores a payment method. A number makes the fingerprint; without one, every address pays with a card of its own. A
 * customer keeps a method that is given with `customer`.
 */
export function createPaymentMethod(standIn: StandIn, input: NewPaymentMethod): Stripe.PaymentMethod {
  const digits = input.number?.replace(/\D/g, "") ?? "";
  const card = `${input.type} ${digits || input.owner.toLowerCase()}`;
  const fingerprint = fingerprintOf(card);
  const method: Stripe.PaymentMethod = {
    id: newId("pm"),
    object: "payment_method",
    billing_details: { address: null, email: null, name: input.name ?? null, phone: null, tax_id: null },
    created: standIn.now(),
    customer: input.customer ?? null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: input.type,
    ...(input.type === "card"
      ? { card: { ...CARD, fingerprint, last4: digits.slice(-4) || CARD.last4 } }
      : { sepa_debit: { ...DEBIT, fingerprint, generated_from: null } }),
  };
  standIn.state.payment_methods[method.id] = method;
  return method;
}

/** The method as a charge describes it. */
export function paymentMethodDetails(
  { type, card, sepa_debit }: Stripe.PaymentMethod,
  amount: number,
): Stripe.Charge.PaymentMethodDetails {
  if (sepa_debit) return { type, sepa_debit: { ...DEBIT, fingerprint: sepa_debit.fingerprint, mandate: null } };
  const of = card ?? CARD;
  return {
    type,
    card: {
      amount_authorized: amount,
      authorization_code: null,
      brand: of.brand,
      checks: null,
      country: of.country,
      electronic_commerce_indicator: null,
      exp_month: of.exp_month,
      exp_year: of.exp_year,
      fingerprint: of.fingerprint ?? null,
      funding: of.funding,
      installments: null,
      last4: of.last4,
      mandate: null,
      network: of.brand,
      network_transaction_id: null,
      regulated_status: null,
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

const DEBIT = { bank_code: "37040044", branch_code: null, country: "DE", last4: "3000" };

const CARD: Stripe.PaymentMethod.Card = {
  brand: "visa",
  checks: null,
  country: "US",
  display_brand: "visa",
  exp_month: 12,
  exp_year: 2034,
  fingerprint: null,
  funding: "credit",
  generated_from: null,
  last4: "4242",
  networks: { available: ["visa"], preferred: null },
  regulated_status: null,
  three_d_secure_usage: { supported: true },
  wallet: null,
};
