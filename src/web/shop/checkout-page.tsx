import { openedWorker } from "../../domain/licensing/opened-worker.ts";
import { planName } from "../../domain/licensing/plans.ts";
import { trialRefusalInWords } from "../../domain/licensing/trial/words.ts";
import { ASK_AGAIN_SECONDS, type SessionView } from "../../domain/purchase/checkout/session.ts";
import { formatAmount } from "../../lib/money.ts";
import { ButtonLink, CopyBlock, type FC, page, pathWithQuery, Steps, Time } from "../page/kit.ts";
import { siteSeller } from "../page/seller.ts";
import { NextSteps } from "./next-steps.tsx";
import type { PlanChoice } from "./plan-page.tsx";

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
            <p role="status" class="lead">
              We have your order, and are waiting for your bank. Debits can take several days.
            </p>
            <h2>Next steps</h2>
            <Steps
              steps={[
                { title: "Your bank confirms the payment", children: <p>There is nothing for you to do.</p> },
                {
                  title: "We email you the license key",
                  children: <p>You can close this page. Please don't pay again meanwhile.</p>,
                },
                { title: "You install a worker", children: <p>The email has the command.</p> },
              ]}
            />
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
            <p class="lead">You were not charged, and no license was issued.</p>
            <h2>Next steps</h2>
            <Steps
              steps={[
                { title: "Check the payment method", children: <p>Your bank may have declined it, or it expired.</p> },
                { title: "Try again", children: <BackToPlans text="Choose a plan" /> },
                { title: "It fails again?", children: <AskSupport /> },
              ]}
            />
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
        <p role="status" class="lead">
          Your payment has arrived, but we couldn't issue the license automatically. Please don't pay again.
        </p>
        <h2>Next steps</h2>
        <Steps
          steps={[
            {
              title: "A person looks into it",
              children: (
                <p>
                  Your order number is <code>{order}</code>.
                </p>
              ),
            },
            {
              title: isMailed ? "We email you" : "Write to us",
              children: isMailed ? (
                <p>You get the license key, or your money back. We have emailed you the order number as well.</p>
              ) : (
                <p>We have no email address for this payment. Please write to us with the order number.</p>
              ),
            },
            { title: "Any questions?", children: <AskSupport /> },
          ]}
        />
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
          We have emailed you your license key <code id="license-key">{maskedKey}</code>. This page shows the whole key
          only in the browser that began the purchase and paid it, with cookies, and only until the key is replaced. No
          email? <a href="/recover">Ask for a link to your account</a>.
        </p>
      ) : (
        <>
          <p>
            {planName(license.plan)}, on {machinesOf(license)}. <Duration license={license} />
          </p>
          {refusal === null ? null : <p>{refusal}</p>}
          <p>This is your license key. We have also emailed it to you. Treat it like a password.</p>
          <CopyBlock id="license-key" what="the license key">
            {key}
          </CopyBlock>
        </>
      )}
      <h2>Next steps</h2>
      <NextSteps worker={view.worker ?? openedWorker(license)} origin={origin} isKeyShown={key !== null} />
    </>
  );
};

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

const BackToPlans: FC<{ text?: string; href?: string }> = ({ text = "See the plans", href = "/plans" }) => (
  <p>
    <ButtonLink href={href}>{text}</ButtonLink>
  </p>
);

const AskSupport: FC = () => {
  const support = siteSeller()?.supportEmail;
  return support === undefined ? (
    <p>Write to us.</p>
  ) : (
    <p>
      Write to <a href={`mailto:${support}`}>{support}</a>.
    </p>
  );
};

/** The page for an unknown checkout session. */
export const unknownCheckoutPage = (): Promise<Response> =>
  page({
    title: "Purchase not found",
    status: 404,
    main: (
      <>
        <h1>We can't find this purchase</h1>
        <p>
          The URL may be incomplete. If you have paid, we email you your license key. You can also{" "}
          <a href="/recover">request it again</a>.
        </p>
      </>
    ),
  });

/** The page after a canceled payment. `choice`: the order as it was, to go on with. */
export const cancelledPage = (choice: PlanChoice): Promise<Response> =>
  page({
    title: "Checkout canceled",
    main: (
      <>
        <h1>Checkout canceled</h1>
        <p class="lead">You left the payment page before you paid. You were not charged.</p>
        <BackToPlans text="Back to the plans" href={pathWithQuery("/plans", choice)} />
        <AskSupport />
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
