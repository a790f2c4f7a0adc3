import type { SoldPlan } from "../../domain/licensing/plans.ts";
import { afterTrialInWords, renewalInWords, taxInWords, totalInWords } from "../../domain/purchase/price-words.ts";
import type { Price } from "../../domain/purchase/prices.ts";
import { MOST_TRIAL_MACHINES } from "../../domain/purchase/trial.ts";
import { priceInWords } from "../../lib/money.ts";
import { type FC, PostForm } from "../page/kit.ts";
import { blocksOf, MachineStepper, Total } from "./machine-stepper.tsx";
import type { OrderFault } from "./plan-page.tsx";
import { TermsConsent } from "./terms-consent.tsx";

type Props = {
  plan: SoldPlan;
  /** Null while the payment provider does not answer. */
  price: Price | null;
  /** This visitor has had a free trial. */
  isTrialUsed: boolean;
  fault: OrderFault | null;
  /** The number of machines that the visitor has entered. */
  machines: string | undefined;
  worker: string | undefined;
};

/** A plan, its price, and the form that buys it. */
export const PlanCard: FC<Props> = ({ plan, price, isTrialUsed, fault, machines, worker }) => {
  const block = price?.machines ?? plan.machine_limit;
  const hasTrial = plan.trial_days > 0 && !isTrialUsed;
  const entered = fault?.machines ?? machines;
  return (
    <article class="plan" id={plan.id}>
      <h3>{plan.name}</h3>
      {price === null ? (
        <p class="quiet">The payment page shows the price before you pay.</p>
      ) : (
        <p>
          <strong class="price">{priceInWords(price)}</strong> per {block} machines
        </p>
      )}
      <p>{plan.description}</p>
      <ul>
        {hasTrial ? (
          <li>
            Free for {plan.trial_days} days, on up to {MOST_TRIAL_MACHINES} machines. One free trial per customer.
          </li>
        ) : null}
        {plan.trial_days > 0 && isTrialUsed ? (
          <li>You have already had a free trial, so your first payment is due when you buy.</li>
        ) : null}
        <li>{renewalInWords(plan)}</li>
        {plan.offline_days > 0 ? <li>Works offline for up to {plan.offline_days} days.</li> : null}
        {plan.updates_days === null ? null : <li>Includes every version released in {plan.updates_days} days.</li>}
      </ul>
      <PostForm action="/checkout" csrf={null} class="order">
        <input type="hidden" name="plan" value={plan.id} />
        {price === null ? null : <input type="hidden" name="currency" value={price.currency} />}
        {worker === undefined ? null : <input type="hidden" name="worker" value={worker} />}
        <MachineStepper
          planId={plan.id}
          block={block}
          value={entered}
          error={fault?.field === "machines" ? fault.message : undefined}
        />
        {price === null ? null : (
          <>
            <Total price={price} blocks={blocksOf(entered, block)} planId={plan.id} />
            <p class="quiet">{taxInWords(price)}</p>
            {hasTrial ? (
              <p class="quiet">{afterTrialInWords(plan, totalInWords(price, blocksOf(entered, block)))}</p>
            ) : null}
          </>
        )}
        <TermsConsent id={`terms-${plan.id}`} error={fault?.field === "terms" ? fault.message : undefined} />
        <button type="submit">
          {hasTrial ? "Start free trial" : "Buy"}
          <span class="unseen"> {plan.name}</span>
        </button>
      </PostForm>
    </article>
  );
};
