import { intervalOf, type SoldPlan } from "../../domain/licensing/plans.ts";
import { legalPages, type Seller } from "../../platform/config/seller.ts";
import type { FC } from "../page/kit.ts";

/** The company that the buyer makes a contract with, and its documents. */
export const SoldBy: FC<{ seller: Seller }> = ({ seller }) => (
  <p class="sold-by">
    Sold by <strong>{seller.name}</strong>
    {[seller.address, ...(seller.vatNumber === null ? [] : [`VAT number ${seller.vatNumber}`])]
      .filter((part) => part !== "")
      .map((part) => `, ${part}`)
      .join("")}
    .{" "}
    {legalPages(seller).map(({ href, text }) => (
      <>
        <a href={href}>{text}</a>{" "}
      </>
    ))}
    <a href={`mailto:${seller.support}`}>{seller.support}</a>
  </p>
);

/** The questions that buyers ask before they pay, with their answers. */
export const GoodToKnow: FC<{ plans: readonly SoldPlan[] }> = ({ plans }) => (
  <>
    <h2>Good to know</h2>
    <dl class="answers">
      <dt>What is a machine?</dt>
      <dd>
        A computer that runs rbee. It takes a seat when you activate it. You can free the seat for another machine in{" "}
        <a href="/account">your account</a> or with <code>rbee-catalog deactivate</code>.
      </dd>
      {plans.some(({ trial_days }) => trial_days > 0) ? (
        <>
          <dt>What happens after the trial?</dt>
          <dd>
            Your first payment is due on the day that the trial ends. We email you the day and the amount a week before.
            Cancel before that day, and you pay nothing.
          </dd>
        </>
      ) : null}
      <dt>What happens if I cancel?</dt>
      <dd>
        Your license works until the paid period ends.
        {plans.some((plan) => intervalOf(plan) === null) ? " A lifetime license never renews." : null}
      </dd>
      <dt>Does it work without the internet?</dt>
      <dd>
        Installed workers need no connection. A machine goes online to download new versions. An offline lease proves
        your license in the meantime.
      </dd>
      <dt>What about tax and invoices?</dt>
      <dd>
        Enter your company's name and tax number on the payment page. It shows the tax and the total before you pay.
        Your invoices are in <a href="/account">your account</a>.
      </dd>
      <dt>Can I get my money back?</dt>
      <dd>
        The <a href="/refunds">refund policy</a> says when, and how to ask.
      </dd>
    </dl>
  </>
);
