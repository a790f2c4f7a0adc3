import type { SoldPlanId } from "../../domain/licensing/plans.ts";
import { commonCurrencies, comparisonCurrency, priceAs, waysToPay } from "../../domain/purchase/price-words.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { priceInWords } from "../../lib/money.ts";
import type { Seller } from "../../platform/config/seller.ts";
import { type FC, Notice, page, pathWithQuery, SiteHeader } from "../page/kit.ts";
import { GoodToKnow, SoldBy } from "./buying-terms.tsx";
import { PlanCard } from "./plan-card.tsx";

/** The refusal of an order. `fault` is shown on its form; without one, `message` is shown above the plans. */
export type OrderRefusal = {
  status: number;
  fault: OrderFault | null;
  message: string;
  headers?: Record<string, string>;
};

/** What the visitor has chosen so far, as the form or the address of the page says. */
export type PlanChoice = {
  plan?: string | undefined;
  machines?: string | undefined;
  currency?: string | undefined;
  /** The id of the worker whose page the visitor came from. */
  worker?: string | undefined;
};

type Content = {
  offers: readonly PlanOffer[];
  choice: PlanChoice;
  seller: Seller;
  /** This service's own origin. */
  url: string;
  /** This visitor has had a free trial. */
  isTrialUsed: boolean;
  /** Nothing is sold here: the seller's details are not complete. */
  isClosed: boolean;
  /** The possible origins of the payment page. */
  formTargets: readonly string[];
  refusal?: OrderRefusal | null;
};

/** The plans and their prices, and the forms that buy them. */
export const planPage = ({
  offers,
  choice,
  seller,
  url,
  isTrialUsed,
  isClosed,
  formTargets,
  refusal = null,
}: Content) =>
  page({
    title: "Plans and prices",
    header: <SiteHeader current="/plans" />,
    wide: true,
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
    formTargets,
    publicPage: {
      description: `The prices of premium rbee workers: ${waysToPay(offers.map(({ plan }) => plan))}. Free workers stay free.`,
      url: `${url}/plans`,
    },
    main: (
      <>
        <h1>Plans and prices</h1>
        <p class="lead">
          One license covers every premium worker on several machines. Pay with Stripe and get your key instantly. The{" "}
          <a href="/?tier=free">free workers</a> need no license.
        </p>
        {refusal !== null && refusal.fault === null ? (
          <Notice tone="bad">
            <p>{refusal.message}</p>
          </Notice>
        ) : null}
        <h2 class="unseen">The plans</h2>
        {isClosed ? (
          <Notice tone="careful" title="Nothing is sold here at the moment">
            <p>Licenses that are already sold work as before, and so do the free workers.</p>
          </Notice>
        ) : (
          <>
            <Currencies offers={offers} choice={choice} />
            <PlanBoxes offers={offers} isTrialUsed={isTrialUsed} fault={refusal?.fault ?? null} choice={choice} />
          </>
        )}
        <SoldBy seller={seller} />
        <GoodToKnow plans={offers.map(({ plan }) => plan)} />
      </>
    ),
  });

/** Links to the page in each currency that all plans are sold in. Nothing if there is no choice. */
const Currencies: FC<Pick<Content, "offers" | "choice">> = ({ offers, choice }) => {
  const common = commonCurrencies(offers);
  const current = comparisonCurrency(offers, choice.currency);
  if (common.length < 2) return null;
  return (
    <p class="row currencies">
      <span id="currencies">Prices in</span>
      {common.map((currency) => (
        <a
          href={pathWithQuery("/plans", { ...choice, currency })}
          aria-current={currency === current ? "true" : undefined}
          aria-describedby="currencies"
        >
          {currency.toUpperCase()}
        </a>
      ))}
    </p>
  );
};

/** The input of a refused order and its fault. The form shows both. */
export type OrderFault = { plan: SoldPlanId; machines: string; field: "machines" | "terms"; message: string };

/** The prices of the plans in words, in one currency if all have it; null if none is known. */
export function priceHint(offers: readonly PlanOffer[]): string | null {
  const currency = comparisonCurrency(offers);
  const prices = offers.flatMap(({ price }) => (price === null ? [] : [priceInWords(priceAs(price, currency))]));
  return prices.length === 0 ? null : prices.join(" or ");
}

type Boxes = {
  offers: readonly PlanOffer[];
  isTrialUsed?: boolean;
  fault?: OrderFault | null;
  choice?: PlanChoice;
};

/** The plans side by side, all in one currency if they can be, each with a form that leads to the payment page. */
export const PlanBoxes: FC<Boxes> = ({ offers, isTrialUsed = false, fault = null, choice = {} }) => {
  const currency = comparisonCurrency(offers, choice.currency);
  return (
    <div class="cards">
      {offers.map(({ plan, price }) => (
        <PlanCard
          plan={plan}
          price={price === null ? null : priceAs(price, currency)}
          isTrialUsed={isTrialUsed}
          fault={fault?.plan === plan.id ? fault : null}
          machines={choice.plan === plan.id ? choice.machines : undefined}
          worker={choice.worker}
        />
      ))}
    </div>
  );
};
