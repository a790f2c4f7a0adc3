import type { License } from "../../../domain/licensing/license/record.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { endTrialNow, noTrial } from "../../../domain/purchase/end-trial.ts";
import { formatAmount } from "../../../lib/money.ts";
import { Problem } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { formBody, PostForm, Time } from "../../page/kit.ts";
import { accountForm, accountPage, accountRouter, accountView, licensePath, type Visitor } from "../frame.tsx";
import { requireOwnLicense } from "../store.ts";

/** `/account/licenses/{id}/end-trial`: the consequences of an early end of a free trial, and the form for it. */
export const trial = accountRouter();

trial.openapi(
  accountView("/account/licenses/{id}/end-trial", {
    request: { params: LicenseParams },
    summary: "Explain the early end of a free trial",
    answers: { 200: "The consequences, and the button." },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    if (own.trial_ends_at === null) throw new Problem(noTrial);
    return endTrialPage(own, own.trial_ends_at, c.var.session);
  },
);

trial.openapi(
  accountForm("/account/licenses/{id}/end-trial", {
    request: { params: LicenseParams, body: formBody({}) },
    summary: "End the free trial of one of your licenses",
    description: "The first payment is due now.",
    leadsTo: "The license.",
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const { changes } = await endTrialNow(c, own, actorOf(c, `account:${own.id}`));
    await settle(c, changes);
    return c.redirect(licensePath(own.id), 303);
  },
);

const endTrialPage = (license: License, until: number, visitor: Visitor): Promise<Response> => {
  const { next_charge_amount: amount, price_currency: currency, machine_limit, machine_limit_paid: paid } = license;
  const price = amount === null || currency === null ? "" : `, ${formatAmount(amount, currency)},`;
  return accountPage({
    visitor,
    title: "End the free trial",
    main: (
      <>
        <h1>End the free trial now?</h1>
        <ul>
          <li>
            Your first payment{price} is due today instead of on <Time at={until} />. Your card is charged at once.
          </li>
          {paid !== null && paid > machine_limit ? (
            <li>
              You can use {paid} machines instead of {machine_limit}.
            </li>
          ) : null}
          <li>Machines that have been in a free trial before can use this license.</li>
        </ul>
        <PostForm action={`${licensePath(license.id)}/end-trial`} csrf={visitor.csrfToken} class="row">
          <button type="submit">End the trial and pay</button>
          <a href={licensePath(license.id)}>Keep the trial</a>
        </PostForm>
      </>
    ),
  });
};
