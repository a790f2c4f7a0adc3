import { activationCommand } from "../../domain/licensing/license/key.ts";
import { planName } from "../../domain/licensing/plans.ts";
import type { SessionView } from "../../domain/purchase/checkout/session.ts";
import { CopyBlock, type FC, page, Time } from "../page/kit.ts";

const LOOK_AGAIN_SECONDS = 5;

/** The page a buyer comes back to: the key, or what is being waited for, or what went wrong. `origin` is this service's own. */
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
              Your order is with us; the payment is not confirmed yet. Some ways to pay take minutes, some take days.
            </p>
            <p>You can close this page: the license key comes by mail as soon as the payment is there.</p>
          </>
        ),
      });
    case "failed":
      return page({
        title: "The payment did not go through",
        main: (
          <>
            <h1>The payment did not go through</h1>
            <p>Nothing was charged and no license was made. Please try again, perhaps with another way to pay.</p>
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
          Your license key <code id="license-key">{maskedKey}</code> has been mailed to you. This page shows it in full
          only in the browser that began the purchase, and only until the key is replaced.
        </p>
      ) : (
        <>
          <p>
            {planName(license.plan)}, on {machines}. <Duration license={license} />
          </p>
          <p>This is your license key. We have mailed it to you as well.</p>
          <CopyBlock id="license-key" what="the license key">
            {key}
          </CopyBlock>
        </>
      )}
      <h2>What to do next</h2>
      <p>On each machine that is to run premium workers, run this and give the key when it asks:</p>
      <CopyBlock id="activate" what="the commands">
        {`${activationCommand(origin)} &&
rbee-catalog --url ${origin} install llm-worker-rbee-premium-cpu`}
      </CopyBlock>
      <p>
        <a href="/install">Other ways to install</a> take the key, too. Machines, invoices and billing are in{" "}
        <a href="/account">your account</a>.
      </p>
    </>
  );
};

/** For how long it was bought. What renews has a grace for when that fails; what has been canceled since has none. */
const Duration: FC<Pick<CompleteView, "license">> = ({
  license: { expires_at, subscription_state, grace_seconds },
}) => {
  if (expires_at === null) return <>It is yours for good.</>;
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

/** The page for a session that did not begin here, or an address that was not filled in. */
export const unknownCheckoutPage = (): Promise<Response> =>
  page({
    title: "No such purchase",
    status: 404,
    main: (
      <>
        <h1>There is no such purchase</h1>
        <p>
          The address may be incomplete. If you have paid, your license key is on its way to you by mail; you can also{" "}
          <a href="/recover">have it sent again</a>.
        </p>
      </>
    ),
  });

/** The page for a buyer who turned back. */
export const cancelledPage = (): Promise<Response> =>
  page({
    title: "Nothing was bought",
    main: (
      <>
        <h1>Nothing was bought</h1>
        <p>You left the payment page before paying. Nothing was charged.</p>
        <BackToPlans />
      </>
    ),
  });

/** The page for a minute in which the payment provider or our ledger does not answer. */
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
          We cannot look at your order just now. Your payment is safe, and your license key will come by mail.
        </p>
      </>
    ),
  });
