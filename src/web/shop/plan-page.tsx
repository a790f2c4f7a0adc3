import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { Notice, page, SiteHeader } from "../page/kit.ts";
import { type OrderFault, PlanBoxes } from "./plan-box.tsx";

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
  /** The possible origins of the payment page. */
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
        <PlanBoxes offers={offers} fault={refusal?.fault ?? null} />
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
