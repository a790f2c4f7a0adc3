import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { Notice, page, SiteHeader } from "../page/kit.ts";
import { type OrderFault, PlanBoxes } from "./plan-box.tsx";

/** Why an order could not be taken: on its form, or, if the form was not to blame, above the plans. */
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
  /** Where the payment page may be. */
  formTargets: readonly string[];
  refusal?: OrderRefusal | null;
};

/** The plans and their prices, and the forms that buy them. */
export const planPage = ({ offers, url, formTargets, refusal = null }: Content): Promise<Response> =>
  page({
    title: "Plans and prices",
    header: <SiteHeader current="/plans" />,
    wide: true,
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
    formTargets,
    publicPage: {
      description: "What the premium rbee workers cost: by the month, or once for good. The free workers stay free.",
      url: `${url}/plans`,
    },
    main: (
      <>
        <h1>Plans and prices</h1>
        <p>
          One license opens every premium worker on your machines. You pay with Stripe and have the license key at once,
          on screen and by mail. The <a href="/?tier=free">free workers</a> need no license and stay free.
        </p>
        {refusal !== null && refusal.fault === null ? (
          <Notice tone="bad">
            <p>{refusal.message}</p>
          </Notice>
        ) : null}
        <h2 class="unseen">The plans</h2>
        <PlanBoxes offers={offers} fault={refusal?.fault ?? null} />
        <h2>Good to know</h2>
        <dl class="answers">
          <dt>What is a machine?</dt>
          <dd>
            A computer that runs rbee. It takes a seat when you activate it. Free a seat in{" "}
            <a href="/account">your account</a> or with <code>rbee-catalog deactivate</code>, and another machine can
            have it.
          </dd>
          <dt>What if I cancel?</dt>
          <dd>A monthly license works until the end of what is paid for. A lifetime license has nothing to cancel.</dd>
          <dt>Does it work without the internet?</dt>
          <dd>
            A worker that is installed runs without us. New versions are downloaded from this site; with an offline
            lease, a machine shows in between that it is licensed.
          </dd>
          <dt>What about invoices and tax?</dt>
          <dd>
            You can give your company's name and tax number when you pay. Invoices are in{" "}
            <a href="/account">your account</a>.
          </dd>
        </dl>
      </>
    ),
  });
