import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { openBillingPortal } from "../../../domain/purchase/billing-portal.ts";
import { createRoute, z } from "../../../platform/http/route.ts";
import { createAccountRouter, SIGNED_IN, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { answerWithLicense, wordsFor } from "../license-response.ts";
import { overviewPage } from "../pages/account-page.tsx";
import { listOwnLicenses, requireOwnLicense } from "../store.ts";

/** `GET /account`, `GET /account/licenses/{id}` and `POST /account/licenses/{id}/billing`. */
export const license = createAccountRouter();

license.openapi(
  createRoute({
    method: "get",
    path: "/account",
    middleware: SIGNED_IN,
    ...pageDocs({
      summary: "The account, as a page",
      answers: { 200: "The license, or a list of several licenses." },
      leadsTo: "The sign-in page.",
    }),
  }),
  async (c) => {
    const licenses = await listOwnLicenses(c.env.DB, c.var.session.by);
    const [only] = licenses;
    if (only && licenses.length === 1) return answerWithLicense(c, only);
    const listed = await Promise.all(licenses.map(async (one) => ({ license: one, words: await wordsFor(c, one) })));
    return overviewPage(listed, c.var.session.csrfToken, c.var.now);
  },
);

license.openapi(
  createRoute({
    method: "get",
    path: "/account/licenses/{id}",
    middleware: SIGNED_IN,
    request: {
      params: LicenseParams,
      query: z.object({
        done: z.string().optional().openapi({ description: "The act that the page confirms.", example: "freed" }),
      }),
    },
    ...pageDocs({
      summary: "One of your licenses, as a page",
      answers: { 200: "The license without its key." },
      leadsTo: "The sign-in page.",
      refusals: ["LICENSE_NOT_FOUND"],
    }),
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, own, { done: c.req.valid("query").done });
  },
);

license.openapi(
  createRoute({
    method: "post",
    path: "/account/licenses/{id}/billing",
    middleware: SIGNED_IN_FORM,
    request: { params: LicenseParams, body: formBody({}) },
    ...pageDocs({
      summary: "Open the billing portal of one of your licenses",
      answers: {},
      leadsTo: "The payment provider's portal, which links back to the account.",
      refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND", "CONFLICT", "RATE_LIMITED", "SERVICE_UNAVAILABLE"],
    }),
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return c.redirect(await openBillingPortal(c, own), 303);
  },
);
