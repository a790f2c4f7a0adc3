import type { License } from "../../../domain/licensing/license/record.ts";
import { formatAmount, priceInWords } from "../../../lib/money.ts";
import { type Child, counted, DataTable, Facts, type FC, Time } from "../../page/kit.ts";
import { PaymentName, PaymentState, totalText } from "../money/words.tsx";
import type { LicenseStory } from "./story.ts";
import { stripeLink } from "./words.tsx";

type Part = { story: LicenseStory };

/** The payments of a license, with links to the Stripe dashboard. */
export const LicensePayment: FC<Part> = ({ story: { license, order, charges, payments } }) => {
  const link = (id: string | null) => id && <a href={stripeLink(id, license.livemode)}>{id}</a>;
  const { checkout_session_id, subscription_state, refund_state, dispute_state } = license;
  const facts: [string, Child][] = [
    ...billingOf(license),
    [
      "Customer",
      license.stripe_customer_id && [
        link(license.stripe_customer_id),
        license.customer_email_due && " (doesn't have the amended address yet; the catalog retries)",
      ],
    ],
    ["Subscription", link(license.stripe_subscription_id)],
    ["Payment", link(license.stripe_payment_intent_id)],
    ["Checkout", link(checkout_session_id)],
    ["Order", order && [orderText(order), <Time at={order.created_at} clock />]],
    [
      "State",
      `subscription ${subscription_state.replace("_", " ")}, refunded ${refund_state}, dispute ${dispute_state}`,
    ],
    ["At Stripe", license.collection_paused ? "collection of payments paused" : license.stripe_status],
    [
      "Cancellation",
      license.cancel_due_at && [
        "to be done at Stripe, retried every minute since ",
        <Time at={license.cancel_due_at} clock />,
      ],
    ],
    ...charges.map((charge): [string, Child] => [
      "Charge",
      [link(charge.charge_id), `: refunded ${charge.refund_state}, dispute ${charge.dispute_state}`],
    ]),
  ];
  return (
    <section>
      <h2>Payment</h2>
      {checkout_session_id === null ? <p>Issued by an admin, without a payment.</p> : <Facts facts={facts} />}
      {payments.length === 0 ? null : (
        <DataTable
          caption="Payments, newest first"
          quiet
          columns={[
            { header: "When", cell: ({ at }) => <Time at={at} clock /> },
            { header: "Payment", cell: (payment) => <PaymentName of={payment} /> },
            { header: "State", cell: (payment) => <PaymentState of={payment} /> },
            { header: "Total", cell: totalText, numeric: true },
            { header: "Tax", cell: ({ tax, currency }) => formatAmount(tax, currency), numeric: true },
            {
              header: "Invoice",
              cell: ({ invoice_url }) => (invoice_url === null ? "–" : <a href={invoice_url}>Customer's page</a>),
            },
          ]}
          rows={payments}
          empty=""
        />
      )}
    </section>
  );
};

/** The price and the next charge, as far as Stripe has told them. */
function billingOf({
  price_amount: amount,
  price_currency: currency,
  price_interval: interval,
  next_charge_at,
  next_charge_amount,
}: License): [string, Child][] {
  if (amount === null || currency === null) return [];
  const price: [string, Child] = ["Price", `${priceInWords({ amount, currency, interval })}, before tax and discounts`];
  if (interval === null) return [price];
  const next =
    next_charge_at === null || next_charge_amount === null
      ? "none"
      : [`${formatAmount(next_charge_amount, currency)} on `, <Time at={next_charge_at} />];
  return [price, ["Next charge", next]];
}

const orderText = ({ plan, machines, state }: NonNullable<LicenseStory["order"]>): string =>
  `${plan} on ${counted(machines, "machine")}, ${state}, started `;
