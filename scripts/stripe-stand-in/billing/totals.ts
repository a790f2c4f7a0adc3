import type Stripe from "stripe";
import { type NewLine, newInvoiceLine } from "../objects/invoice.ts";
import type { StandIn } from "../stand-in.ts";
import { discountPercent } from "./discount.ts";

/** The id of the account's only tax rate. The control call `tax` sets its percentage. */
const TAX_RATE = "txr_stand_in";

/** A share of an amount. It rounds half away from zero, so that a credit mirrors its charge. */
export const percentOf = (amount: number, percent: number): number =>
  Math.sign(amount) * Math.round((Math.abs(amount) * percent) / 100);

/** The tax on an amount, in the smallest unit. Exclusive tax is added to the amount; inclusive tax is a part of it. */
export type Tax = { amount: number; inclusive: boolean; taxable: number };

/**
 * The tax on an amount of this price after discounts, or null if the account collects none. Stripe treats an
 * unspecified tax behavior by the account's setting, which is exclusive here.
 */
export function taxOn({ state }: StandIn, price: Pick<Stripe.Price, "tax_behavior">, amount: number): Tax | null {
  if (state.tax_percent === 0) return null;
  if (price.tax_behavior !== "inclusive") {
    return { amount: percentOf(amount, state.tax_percent), inclusive: false, taxable: amount };
  }
  const net = Math.sign(amount) * Math.round((Math.abs(amount) * 100) / (100 + state.tax_percent));
  return { amount: amount - net, inclusive: true, taxable: net };
}

type TotalTax = Stripe.Invoice.TotalTax & Stripe.InvoiceLineItem.Tax;

const taxEntry = (tax: Tax): TotalTax => ({
  amount: tax.amount,
  tax_behavior: tax.inclusive ? "inclusive" : "exclusive",
  tax_rate_details: { tax_rate: TAX_RATE },
  taxability_reason: "standard_rated",
  taxable_amount: tax.taxable,
  type: "tax_rate_details",
});

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/**
 * Sets an invoice's lines and totals: the subtotal, minus the discounts (ids), plus exclusive tax. Discount and tax are
 * computed for each line.
 */
export function totalUp(
  standIn: StandIn,
  invoice: Stripe.Invoice,
  lines: readonly NewLine[],
  discounts: readonly string[],
): void {
  const taxes: Tax[] = [];
  const discounted = new Map<string, number>(discounts.map((id) => [id, 0]));
  let untaxed = 0;
  invoice.lines.data = lines.map((line) => {
    const shares = discounts.map((discount) => ({
      discount,
      amount: percentOf(line.amount, discountPercent(standIn, discount)),
    }));
    for (const { discount, amount } of shares) discounted.set(discount, (discounted.get(discount) ?? 0) + amount);
    const net = line.amount - sumOf(shares.map(({ amount }) => amount));
    const tax = invoice.automatic_tax.enabled ? taxOn(standIn, line.price, net) : null;
    if (tax) taxes.push(tax);
    untaxed += tax?.inclusive ? (taxOn(standIn, line.price, line.amount)?.taxable ?? 0) : line.amount;
    const made = newInvoiceLine(invoice, line);
    return { ...made, discount_amounts: shares, taxes: tax ? [taxEntry(tax)] : [] };
  });
  const tax = sumOf(taxes.map(({ amount }) => amount));
  const added = sumOf(taxes.map(({ amount, inclusive }) => (inclusive ? 0 : amount)));
  invoice.discounts = [...discounts];
  invoice.total_discount_amounts = [...discounted].map(([discount, amount]) => ({ discount, amount }));
  invoice.total_taxes = [false, true].flatMap((inclusive) => {
    const alike = taxes.filter((each) => each.inclusive === inclusive);
    const of = (key: "amount" | "taxable"): number => sumOf(alike.map((each) => each[key]));
    return alike.length === 0 ? [] : [taxEntry({ amount: of("amount"), taxable: of("taxable"), inclusive })];
  });
  invoice.subtotal = sumOf(lines.map(({ amount }) => amount));
  invoice.subtotal_excluding_tax = untaxed;
  invoice.total = invoice.subtotal - sumOf([...discounted.values()]) + added;
  invoice.total_excluding_tax = invoice.total - tax;
}

/** Sets the amount due: the total and the customer's balance, of which a negative one is a credit. */
export function setAmountDue(invoice: Stripe.Invoice, balance: number): void {
  const due = invoice.total + balance;
  invoice.starting_balance = balance;
  invoice.amount_due = invoice.amount_remaining = Math.max(due, 0);
  invoice.ending_balance = Math.min(due, 0);
}
