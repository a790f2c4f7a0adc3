import { grantsWorker } from "../../domain/licensing/grant.ts";
import { activationCommand } from "../../domain/licensing/license/key.ts";
import { planName } from "../../domain/licensing/plans.ts";
import { trialRefusalInWords } from "../../domain/licensing/trial/words.ts";
import { ASK_AGAIN_SECONDS, type SessionView } from "../../domain/purchase/checkout/session.ts";
import { workers } from "../../domain/workers/workers.ts";
import { formatAmount } from "../../lib/money.ts";
import { CopyBlock, type FC, page, Time } from "../page/kit.ts";

/** The page after a payment: the license key, the wait, or the failure. `origin` is this service's own. */
export function checkoutPage(view: SessionView, origin: string): Promise<Response> {
  switch (view.status) {
    case "pending":
      return page({
        title: "Waiting for your payment",
        lookAgainAfter: ASK_AGAIN_SECONDS,
        main: (
          <>
            <h1>Waiting for your payment</h1>
            <p role="status">
              We have your order. The payment is not confirmed yet. Some payment methods take minutes, others take days.
            </p>
            <p>You can close this page. We mail you the license key after the payment.</p>
          </>
        ),
      });
    case "unknown":
      return laterPage("The payment provider does not answer at the moment, so we can't see your payment yet.");
    case "held":
      return heldPage(view);
    case "failed":
      return page({
        title: "The payment did not go through",
        main: (
          <>
            <h1>The payment did not go through</h1>
            <p>You were not charged and you have no license. Please try again, maybe with another payment method.</p>
            <BackToPlans />
          </>
        ),
      });
    case "complete":
      return page({ title: "Your license", main: <Complete view={view} origin={origin} /> });
  }
}

/** The page for a payment that has arrived, and that no license could be made of. */
const heldPage = ({ order, isMailed }: Extract<SessionView, { status: "held" }>): Promise<Response> =>
  page({
    title: "We are checking your order",
    main: (
      <>
        <h1>We are checking your order</h1>
        <p role="status">
          Your payment has arrived, but we couldn't issue the license automatically. A person is looking into it. You
          don't need to do anything, and please don't pay again.
        </p>
        <p>
          Your order number is <code>{order}</code>.{" "}
          {isMailed
            ? "We have emailed it to you, and will email you again when your license is ready or your money is on its way back."
            : "Please write it down: we have no email address for this payment. Write to us with this number."}
        </p>
      </>
    ),
  });

type CompleteView = Extract<SessionView, { status: "complete" }>;

const machinesOf = ({ machine_limit }: CompleteView["license"]): string =>
  machine_limit === 1 ? "one machine" : `${machine_limit} machines`;

/** The page after an upgrade: the license, whose key and machines stay. */
const Upgraded: FC<{ view: CompleteView }> = ({ view: { license, maskedKey, showsLicense } }) => (
  <>
    <h1>Thank you. Your license is upgraded.</h1>
    {showsLicense ? (
      <p>
        {planName(license.plan)}, on {machinesOf(license)}. <Duration license={license} />
      </p>
    ) : null}
    <p>
      Your key <code id="license-key">{maskedKey}</code> and your machines stay the same, so there is nothing to do. If
      a subscription paid for this license before, it ends now, and its unused days become a credit for your billing
      account.
    </p>
    <p>
      Your machines and invoices are in <a href="/account">your account</a>.
    </p>
  </>
);

const Complete: FC<{ view: CompleteView; origin: string }> = ({ view, origin }) => {
  const { license, key, maskedKey } = view;
  if (view.isUpgrade) return <Upgraded view={view} />;
  const refusal = trialRefusalInWords(license);
  return (
    <>
      <h1>Thank you. Your license is ready.</h1>
      {key === null ? (
        <p>
          We have mailed you your license key <code id="license-key">{maskedKey}</code>. This page shows the whole key
          only in the browser that began the purchase and paid it, with cookies, and only until the key is replaced. If
          the mail does not arrive, <a href="/recover">ask for a link to your account</a>.
        </p>
      ) : (
        <>
          <p>
            {planName(license.plan)}, on {machinesOf(license)}. <Duration license={license} />
          </p>
          {refusal === null ? null : <p>{refusal}</p>}
          <p>This is your license key. We have also mailed it to you.</p>
          <CopyBlock id="license-key" what="the license key">
            {key}
          </CopyBlock>
        </>
      )}
      <h2>Next steps</h2>
      <p>On each machine for premium workers, run these commands and paste the key when asked:</p>
      <CopyBlock id="activate" what="the commands">
        {`${activationCommand(origin)} &&
rbee-catalog --url ${origin} install ${openedWorker(license)}`.trimEnd()}
      </CopyBlock>
      <p>
        <a href="/install">Other ways to install</a> use the same key. Your machines and invoices are in{" "}
        <a href="/account">your account</a>.
      </p>
    </>
  );
};

/** The id of a worker that the license opens, for an example; empty if it opens none, so that the command chooses. */
const openedWorker = (license: CompleteView["license"]): string =>
  workers.find(({ id }) => grantsWorker(license, id))?.id ?? "";

/** The end of the license or its trial, and the next payment. A renewing license has a grace period. */
const Duration: FC<Pick<CompleteView, "license">> = ({ license }) => {
  const { expires_at, subscription_state, grace_seconds, stripe_status, trial_ends_at } = license;
  if (expires_at === null) return <>It does not end.</>;
  const renews = subscription_state === "active" && grace_seconds > 0;
  if (stripe_status === "trialing" && trial_ends_at !== null) {
    const payment = renews ? ` Then the first payment${nextAmount(license)} is due, unless you cancel before.` : "";
    return (
      <>
        Your free trial ends on <Time at={trial_ends_at} />.{payment}
      </>
    );
  }
  const until = <Time at={expires_at} />;
  return renews ? (
    <>
      The next payment{nextAmount(license)} is on {until}, unless you cancel before.
    </>
  ) : (
    <>It is paid until {until}.</>
  );
};

/** The amount of the next charge as a part of a sentence; empty if it is not known. */
const nextAmount = ({ next_charge_amount: amount, price_currency: currency }: CompleteView["license"]): string =>
  amount === null || currency === null ? "" : ` of ${formatAmount(amount, currency)}`;

const BackToPlans: FC = () => (
  <p>
    <a class="button" href="/plans">
      See the plans
    </a>
  </p>
);

/** The page for an unknown checkout session. */
export const unknownCheckoutPage = (): Promise<Response> =>
  page({
    title: "Purchase not found",
    status: 404,
    main: (
      <>
        <h1>We can't find this purchase</h1>
        <p>
          The URL may be incomplete. If you have paid, we mail you your license key. You can also{" "}
          <a href="/recover">request it again</a>.
        </p>
      </>
    ),
  });

/** The page after a canceled payment. */
export const cancelledPage = (): Promise<Response> =>
  page({
    title: "Nothing was bought",
    main: (
      <>
        <h1>Nothing was bought</h1>
        <p>You left the payment page before the payment. You were not charged.</p>
        <BackToPlans />
      </>
    ),
  });

/** The page while we can't tell whether an order is paid. It looks again by itself. `why` is a sentence. */
export const laterPage = (why = "We can't read your order at the moment."): Promise<Response> =>
  page({
    title: "We don't know yet",
    status: 503,
    lookAgainAfter: ASK_AGAIN_SECONDS,
    headers: { "Retry-After": String(ASK_AGAIN_SECONDS) },
    main: (
      <>
        <h1>We don't know yet</h1>
        <p role="status">
          {why} If you have paid, your payment is safe, and we'll email you your license key. Please don't pay again.
          This page looks again every few seconds.
        </p>
      </>
    ),
  });
