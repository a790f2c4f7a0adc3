import type { SoldPlanId } from "../../domain/licensing/plans.ts";
import { MOST_MACHINES } from "../../domain/purchase/offer.ts";
import type { PlanOffer, Price } from "../../domain/purchase/prices.ts";
import { MOST_TRIAL_MACHINES } from "../../domain/purchase/trial.ts";
import { formatAmount } from "../../lib/money.ts";
import { type FC, Notice, PostForm, page, SiteHeader } from "../page/kit.ts";
import { MachineChoice } from "./machine-choice.tsx";

/** The refusal of an order. `fault` is shown on its form; without one, `message` is shown above the plans. */
export type OrderRefusal = {
  status: number;
  fault: OrderFault | null;
  message: string;
  headers?: Record<string, string>;
};

type Content = {
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
  /** This visitor has had a free trial. */
  isTrialUsed: boolean;
  /** The possible origins of the payment page. */
  formTargets: readonly string[];
  refusal?: OrderRefusal | null;
};

/** The plans and their prices, and the forms that buy them. */
export const planPage = ({ offers, url, isTrialUsed, formTargets, refusal = null }: Content): Promise<Response> =>
  page({
    title: "Plans and prices",
    header: <SiteHeader current="/plans" />,
    wide: true,
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
    formTargets,
    publicPage: {
      description:
        "The prices of premium rbee workers: monthly, or once for a lifetime license. Free workers stay free.",
      url: `${url}/plans`,
    },
    main: (
      <>
        <h1>Plans and prices</h1>
        <p>
          One license opens every premium worker on your machines. You pay with Stripe and get the license key at once,
          on screen and by mail. The <a href="/?tier=free">free workers</a> need no license.
        </p>
        {refusal !== null && refusal.fault === null ? (
          <Notice tone="bad">
            <p>{refusal.message}</p>
          </Notice>
        ) : null}
        <h2 class="unseen">The plans</h2>
        <PlanBoxes offers={offers} isTrialUsed={isTrialUsed} fault={refusal?.fault ?? null} />
        <h2>Good to know</h2>
        <dl class="answers">
          <dt>What is a machine?</dt>
          <dd>
            A computer that runs rbee. It takes a seat when you activate it. You can free the seat for another machine
            in <a href="/account">your account</a> or with <code>rbee-catalog deactivate</code>.
          </dd>
          <dt>What happens if I cancel?</dt>
          <dd>A monthly license works until the end of the paid period. You cannot cancel a lifetime license.</dd>
          <dt>Does it work without the internet?</dt>
          <dd>
            An installed worker runs without us. A machine needs the internet only to download new versions. With an
            offline lease, it can prove its license in the meantime.
          </dd>
          <dt>What about invoices and tax?</dt>
          <dd>
            You can enter your company's name and tax number when you pay. Your invoices are in{" "}
            <a href="/account">your account</a>.
          </dd>
        </dl>
      </>
    ),
  });

/** The input of a refused order and its fault. The form shows both. */
export type OrderFault = { plan: SoldPlanId; machines: string; message: string };

/** A price in words: `$99 a month`, `€279 once`. */
const priceText = ({ amount, currency, interval }: Price): string =>
  `${formatAmount(amount, currency)} ${interval === null ? "once" : "a month"}`;

/** The prices of the plans in words; null if none is known. */
export function priceHint(offers: readonly PlanOffer[]): string | null {
  const prices = offers.flatMap(({ price }) => (price === null ? [] : [priceText(price)]));
  return prices.length === 0 ? null : prices.join(" or ");
}

/** The plans side by side, each with a form that leads to the payment page. */
export const PlanBoxes: FC<{ offers: readonly PlanOffer[]; isTrialUsed?: boolean; fault?: OrderFault | null }> = ({
  offers,
  isTrialUsed = false,
  fault = null,
}) => (
  <div class="cards">
    {offers.map(({ plan, price }) => (
      <PlanBox plan={plan} price={price} isTrialUsed={isTrialUsed} fault={fault?.plan === plan.id ? fault : null} />
    ))}
  </div>
);

const PlanBox: FC<PlanOffer & { isTrialUsed: boolean; fault: OrderFault | null }> = ({
  plan,
  price,
  isTrialUsed,
  fault,
}) => (
  <article class="plan">
    <h3>{plan.name}</h3>
    {price === null ? (
      <p class="quiet">The payment page shows the price before you pay.</p>
    ) : (
      <p>
        <strong class="price">{priceText(price)}</strong> for up to {price.machines} machines
      </p>
    )}
    <p>{plan.description}</p>
    <ul>
      {plan.trial_days > 0 ? <TrialTerms days={plan.trial_days} isUsed={isTrialUsed} /> : null}
      {price === null ? null : (
        <li>
          {priceText(price)} for each {price.machines} machines, up to {MOST_MACHINES}.
        </li>
      )}
      {plan.billing === "monthly" ? <li>Change the number of machines or cancel at any time.</li> : null}
      <li>Machines may be offline for {plan.offline_days} days at a time.</li>
      {plan.updates_days === null ? null : <li>Includes every version released in {plan.updates_days} days.</li>}
    </ul>
    <PostForm action="/checkout" csrf={null}>
      <input type="hidden" name="plan" value={plan.id} />
      <MachineChoice plan={plan} price={price} value={fault?.machines} error={fault?.message} />
      <button type="submit">
        {plan.trial_days > 0 && !isTrialUsed ? "Start free trial" : "Buy"}
        <span class="unseen"> {plan.name}</span>
      </button>
    </PostForm>
  </article>
);

/** The terms of a free trial, or that this visitor has had it. */
const TrialTerms: FC<{ days: number; isUsed: boolean }> = ({ days, isUsed }) =>
  isUsed ? (
    <li>You have already had a free trial, so your first payment is due when you buy.</li>
  ) : (
    <>
      <li>
        The first {days} days are free, on up to {MOST_TRIAL_MACHINES} machines. Cancel before they end, and you pay
        nothing.
      </li>
      <li>One free trial per customer. If you have had one, your first payment is due when you buy.</li>
    </>
  );
