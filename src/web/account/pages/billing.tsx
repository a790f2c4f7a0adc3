import type { License } from "../../../domain/licensing/license/record.ts";
import type { PaymentRow, PaymentState } from "../../../domain/money/payment.ts";
import { ORDER_KIND_WORDS } from "../../../domain/money/words.ts";
import { formatAmount } from "../../../lib/money.ts";
import { type Child, DataTable, type FC, PostForm, Section, StatusBadge, Time, type Tone } from "../../page/kit.ts";
import { licensePath } from "../frame.tsx";

type Props = { license: License; payments: readonly PaymentRow[]; csrf: string };

/** The invoices of a license, and the way to the billing portal. */
export const BillingSection: FC<Props> = ({ license, payments, csrf }) => (
  <Section title="Invoices and billing" id="billing" sided>
    <div>
      {license.stripe_customer_id === null ? (
        <p>This license is free of charge. It has no invoices.</p>
      ) : (
        <>
          <Invoices payments={payments} />
          <p>
            {license.stripe_subscription_id === null
              ? "Stripe's portal has all your invoices and payment methods."
              : "In Stripe's portal, pay an open invoice, change your card or the number of machines, or cancel."}
          </p>
          <PostForm action={`${licensePath(license.id)}/billing`} csrf={csrf}>
            <button type="submit">Open invoices and billing</button>
          </PostForm>
          {license.trial_ends_at === null ? null : (
            <p>
              <a href={`${licensePath(license.id)}/end-trial`}>End the free trial and pay now</a>
            </p>
          )}
        </>
      )}
    </div>
  </Section>
);

/** The name of a state for the customer, if it differs from "Paid". */
const STATES: Record<PaymentState, { text: string; tone: Tone }> = {
  paid: { text: "Paid", tone: "good" },
  paid_outside: { text: "Paid", tone: "good" },
  held: { text: "Paid", tone: "good" },
  open: { text: "Not paid yet", tone: "careful" },
  uncollectible: { text: "Not paid", tone: "bad" },
  void: { text: "Withdrawn", tone: "plain" },
  pending: { text: "On its way to you", tone: "plain" },
  succeeded: { text: "Paid back", tone: "good" },
  failed: { text: "Failed", tone: "bad" },
  canceled: { text: "Canceled", tone: "plain" },
  issued: { text: "Credited", tone: "good" },
  inquiry: { text: "Inquiry", tone: "plain" },
  disputed: { text: "Disputed", tone: "careful" },
  won: { text: "Closed", tone: "plain" },
  lost: { text: "Paid back", tone: "plain" },
};

/** The number of payments on the page. The portal has the others. */
const SHOWN = 24;

const Invoices: FC<{ payments: readonly PaymentRow[] }> = ({ payments }) => {
  const shown = payments.filter(({ kind }) => kind !== "trial" && kind !== "dispute").slice(0, SHOWN);
  if (shown.length === 0) return null;
  return (
    <DataTable
      caption="Your latest payments"
      columns={[
        { header: "Date", cell: ({ at }) => <Time at={at} /> },
        { header: "Payment", cell: ({ kind }) => ORDER_KIND_WORDS[kind] },
        { header: "Total", cell: totalText, numeric: true },
        { header: "State", cell: ({ state }) => <StatusBadge {...STATES[state]} /> },
        { header: "Invoice", cell: invoiceLink },
      ]}
      rows={shown}
      empty=""
    />
  );
};

const totalText = ({ kind, total, currency }: PaymentRow): string =>
  formatAmount(kind === "refund" || kind === "credit_note" ? 0 - total : total, currency);

/** Stripe's page of the invoice, where an open one can be paid. */
const invoiceLink = ({ invoice_url, invoice_number, state }: PaymentRow): Child =>
  invoice_url === null ? (
    (invoice_number ?? "–")
  ) : (
    <a href={invoice_url}>
      {state === "open" ? "Pay " : ""}
      {invoice_number ?? "Invoice"}
    </a>
  );
