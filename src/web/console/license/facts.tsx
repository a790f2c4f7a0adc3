import { endOf } from "../../../domain/licensing/license/status.ts";
import { type Child, counted, type FC, Time } from "../../page/kit.ts";
import type { LicenseStory } from "./story.ts";
import { stripeLink } from "./words.tsx";

/** The grant of a license, and its start and end. */
export const LicenseFacts: FC<{ story: LicenseStory }> = ({ story: { license } }) => {
  const end = endOf(license);
  const updates = license.updates_until;
  return (
    <dl>
      <Fact name="License">
        <code>{license.id}</code>
      </Fact>
      <Fact name="Plan">{license.plan}</Fact>
      <Fact name="Grants">
        {license.entitlements.join(", ")}, versions {license.versions}
        {updates === null ? null : (
          <>
            , published until <Time at={updates} />
          </>
        )}
      </Fact>
      <Fact name="Since">
        <Time at={license.created_at} clock />
      </Fact>
      <Fact name="Paid or granted until">
        {end === null ? "forever" : <Time at={end} clock />}
        {license.extended_until === null ? null : " (extended by an admin)"}
      </Fact>
      <Fact name="Key">
        {license.generation === 0 ? "the first one" : `rotated ${counted(license.generation, "time")}`}; longest offline
        lease {counted(license.offline_days, "day")}
      </Fact>
      {license.note === null ? null : <Fact name="Note">{license.note}</Fact>}
    </dl>
  );
};

/** The payment of a license, with links to the Stripe dashboard. */
export const LicensePayment: FC<{ story: LicenseStory }> = ({ story: { license, order, charges } }) => {
  const { livemode, stripe_customer_id, stripe_subscription_id, stripe_payment_intent_id } = license;
  if (license.checkout_session_id === null) {
    return (
      <section>
        <h2>Payment</h2>
        <p>An admin issued it: nothing was paid here.</p>
      </section>
    );
  }
  const links: [string, string | null][] = [
    ["Customer", stripe_customer_id],
    ["Subscription", stripe_subscription_id],
    ["Payment", stripe_payment_intent_id],
    ["Checkout", license.checkout_session_id],
  ];
  return (
    <section>
      <h2>Payment</h2>
      <dl>
        {links.map(([name, id]) =>
          id === null ? null : (
            <Fact name={name}>
              <a href={stripeLink(id, livemode)}>{id}</a>
            </Fact>
          ),
        )}
        {order === null ? null : (
          <Fact name="Order">
            {order.plan} on {counted(order.machines, "machine")}, {order.state}, started{" "}
            <Time at={order.created_at} clock />
          </Fact>
        )}
        <Fact name="State">
          subscription {license.subscription_state.replace("_", " ")}, refunded {license.refund_state}, dispute{" "}
          {license.dispute_state}
        </Fact>
        {charges.map((charge) => (
          <Fact name="Charge">
            <a href={stripeLink(charge.charge_id, livemode)}>{charge.charge_id}</a>: refunded {charge.refund_state},
            dispute {charge.dispute_state}
          </Fact>
        ))}
      </dl>
    </section>
  );
};

const Fact: FC<{ name: string; children?: Child }> = ({ name, children }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);
