import type Stripe from "stripe";
import { formatAmount } from "../../../src/lib/money.ts";
import { find } from "../api-error.ts";
import { collectInvoice } from "../billing/invoicing.ts";
import { chargeOutcome, idOf } from "../billing/payment.ts";
import type { StandIn } from "../stand-in.ts";
import { escapeHtml, type PageAnswer, page } from "./html.ts";

/** `GET /i/<invoice>`: the page at `hosted_invoice_url`, and at `invoice_pdf`. */
export function showInvoicePage(standIn: StandIn, id: string): PageAnswer {
  return { status: 200, html: invoicePage(find(standIn.state.invoices, "invoice", id), null) };
}

/** `POST /i/<invoice>`: pays an open invoice with the customer's card. */
export async function submitInvoicePage(standIn: StandIn, id: string): Promise<PageAnswer> {
  const invoice = find(standIn.state.invoices, "invoice", id);
  if (invoice.status === "open") collectInvoice(standIn, invoice, chargeOutcome(standIn, idOf(invoice.customer)));
  await standIn.deliveries.settled();
  if (invoice.status === "paid") return { status: 303, location: invoice.hosted_invoice_url ?? "" };
  return { status: 402, html: invoicePage(invoice, "Your card was declined.") };
}

function invoicePage(invoice: Stripe.Invoice, error: string | null): string {
  const row = (name: string, amount: number): string =>
    `<tr><td>${escapeHtml(name)}</td><td>${formatAmount(amount, invoice.currency)}</td></tr>`;
  const sum = (amounts: readonly { amount: number }[]): number => amounts.reduce((all, { amount }) => all + amount, 0);
  const discount = sum(invoice.total_discount_amounts ?? []);
  const tax = sum(invoice.total_taxes ?? []);
  return page(
    `Invoice ${invoice.number ?? ""}`,
    `<h1>Invoice <span id="number">${escapeHtml(invoice.number ?? "")}</span></h1>
<p>To ${escapeHtml(invoice.customer_email ?? "")}: <strong id="status">${invoice.status}</strong></p>
${error ? `<p class="error" id="error" role="alert">${escapeHtml(error)}</p>` : ""}
<table>${invoice.lines.data.map((line) => row(line.description ?? "", line.amount)).join("")}
${discount === 0 ? "" : row("Discount", -discount)}${tax === 0 ? "" : row("Tax", tax)}
${row("Total", invoice.total)}${row("Amount due", invoice.amount_due)}</table>
${invoice.status === "open" ? `<form method="post"><button class="primary" id="pay">Pay ${formatAmount(invoice.amount_remaining, invoice.currency)}</button></form>` : ""}`,
  );
}
