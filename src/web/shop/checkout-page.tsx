import { grantsWorker } from "../../domain/licensing/grant.ts";
import { activationCommand } from "../../domain/licensing/license/key.ts";
import { planName } from "../../domain/licensing/plans.ts";
import type { SessionView } from "../../domain/purchase/checkout/session.ts";
import { workers } from "../../domain/workers/workers.ts";
import { CopyBlock, type FC, page, Time } from "../page/kit.ts";

const LOOK_AGAIN_SECONDS = 5;

/** The page after a payment: the license key, the wait, or the failure. `origin` is this service's own. */
export function checkoutPage(view: SessionView, origin: string): Promise<Response> {
  switch (view.status) {
    case "pending":
      return page({
        title: "Waiting for your payment",
        lookAgainAfter: LOOK_AGAIN_SECONDS,
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

type CompleteView = Extract<SessionView, { status: "complete" }>;

const Complete: FC<{ view: CompleteView; origin: string }> = ({ view: { license, key, maskedKey }, origin }) => {
  const machines = license.machine_limit === 1 ? "one machine" : `${license.machine_limit} machines`;
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
            {planName(license.plan)}, on {machines}. <Duration license={license} />
          </p>
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

/** The period of the license. A renewing license has a grace period; a canceled one has none. */
const Duration: FC<Pick<CompleteView, "license">> = ({
  license: { expires_at, subscription_state, grace_seconds },
}) => {
  if (expires_at === null) return <>It does not end.</>;
  const until = <Time at={expires_at} />;
  return subscription_state === "active" && grace_seconds > 0 ? (
    <>The next payment is on {until}, unless you cancel before.</>
  ) : (
    <>It is paid until {until}.</>
  );
};

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

/** The page for an outage of the payment provider or of our ledger. */
export const laterPage = (): Promise<Response> =>
  page({
    title: "One moment",
    status: 503,
    lookAgainAfter: LOOK_AGAIN_SECONDS,
    headers: { "Retry-After": String(LOOK_AGAIN_SECONDS) },
    main: (
      <>
        <h1>One moment, please</h1>
        <p role="status">
          We cannot read your order at the moment. Your payment is safe. We will mail you your license key.
        </p>
      </>
    ),
  });
