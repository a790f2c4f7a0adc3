import { endOf } from "../../../domain/licensing/license/status.ts";
import { type Child, counted, Facts, type FC, Time } from "../../page/kit.ts";
import type { LicenseStory } from "./story.ts";
import { stripeLink } from "./words.tsx";

type Props = { story: LicenseStory };

/** The grant of a license, and its start and end. */
export const LicenseFacts: FC<Props> = ({ story: { license } }) => {
  const end = endOf(license);
  const updates = license.updates_until;
  const grant = `${license.entitlements.join(", ")}, versions ${license.versions}`;
  const key = license.generation === 0 ? "the first one" : `rotated ${counted(license.generation, "time")}`;
  return (
    <Facts
      facts={[
        ["License", <code>{license.id}</code>],
        ["Plan", license.plan],
        ["Grants", updates === null ? grant : [`${grant}, published until `, <Time at={updates} />]],
        ["Since", <Time at={license.created_at} clock />],
        [
          "Paid or granted until",
          [
            end === null ? "forever" : <Time at={end} clock />,
            license.extended_until === null ? "" : " (extended by an admin)",
          ],
        ],
        ["Key", `${key}; longest offline lease ${counted(license.offline_days, "day")}`],
        ["Note", license.note],
      ]}
    />
  );
};

/** The payment of a license, with links to the Stripe dashboard. */
export const LicensePayment: FC<Props> = ({ story: { license, order, charges } }) => {
  const link = (id: string | null) => id && <a href={stripeLink(id, license.livemode)}>{id}</a>;
  const { checkout_session_id, subscription_state, refund_state, dispute_state } = license;
  const facts: [string, Child][] = [
    ["Customer", link(license.stripe_customer_id)],
    ["Subscription", link(license.stripe_subscription_id)],
    ["Payment", link(license.stripe_payment_intent_id)],
    ["Checkout", link(checkout_session_id)],
    ["Order", order && [orderText(order), <Time at={order.created_at} clock />]],
    [
      "State",
      `subscription ${subscription_state.replace("_", " ")}, refunded ${refund_state}, dispute ${dispute_state}`,
    ],
    ...charges.map((charge): [string, Child] => [
      "Charge",
      [link(charge.charge_id), `: refunded ${charge.refund_state}, dispute ${charge.dispute_state}`],
    ]),
  ];
  return (
    <section>
      <h2>Payment</h2>
      {checkout_session_id === null ? <p>An admin issued it: nothing was paid here.</p> : <Facts facts={facts} />}
    </section>
  );
};

const orderText = ({ plan, machines, state }: NonNullable<LicenseStory["order"]>): string =>
  `${plan} on ${counted(machines, "machine")}, ${state}, started `;
