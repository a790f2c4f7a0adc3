import type { SoldPlanId } from "../../domain/licensing/plans.ts";
import { MOST_MACHINES } from "../../domain/purchase/checkout/start.ts";
import type { PlanOffer, Price } from "../../domain/purchase/prices.ts";
import { type FC, Field, formatPrice, PostForm } from "../page/kit.ts";

/** The input of a refused order and its fault. The form shows both. */
export type OrderFault = { plan: SoldPlanId; machines: string; message: string };

/** A price in words: `$99 a month`, `€279 once`. */
const priceText = ({ amount, currency, interval }: Price): string =>
  `${formatPrice(amount, currency)} ${interval === null ? "once" : "a month"}`;

/** The prices of the plans in words; null if none is known. */
export function priceHint(offers: readonly PlanOffer[]): string | null {
  const prices = offers.flatMap(({ price }) => (price === null ? [] : [priceText(price)]));
  return prices.length === 0 ? null : prices.join(" or ");
}

/** The plans side by side, each with a form that leads to the payment page. */
export const PlanBoxes: FC<{ offers: readonly PlanOffer[]; fault?: OrderFault | null }> = ({
  offers,
  fault = null,
}) => (
  <div class="cards">
    {offers.map(({ plan, price }) => (
      <PlanBox plan={plan} price={price} fault={fault?.plan === plan.id ? fault : null} />
    ))}
  </div>
);

const PlanBox: FC<PlanOffer & { fault: OrderFault | null }> = ({ plan, price, fault }) => (
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
      {plan.trial_days > 0 ? (
        <li>The first {plan.trial_days} days are free. If you cancel before they end, you pay nothing.</li>
      ) : null}
      {price === null ? null : (
        <li>
          {price.machines + 1} to {price.machines * 2} machines cost twice as much, and so on.
        </li>
      )}
      {plan.billing === "monthly" ? <li>Change the number of machines or cancel at any time.</li> : null}
      <li>Machines may be offline for {plan.offline_days} days at a time.</li>
    </ul>
    <PostForm action="/checkout" csrf={null}>
      <input type="hidden" name="plan" value={plan.id} />
      <Field
        name="machines"
        id={`machines-${plan.id}`}
        label="Machines"
        type="number"
        inputmode="numeric"
        min={1}
        max={MOST_MACHINES}
        required
        value={fault?.machines ?? plan.machine_limit}
        error={fault?.message}
      />
      <button type="submit">
        {plan.trial_days > 0 ? "Start free trial" : "Buy"}
        <span class="unseen"> {plan.name}</span>
      </button>
    </PostForm>
  </article>
);
