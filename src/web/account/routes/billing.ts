import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { openBillingPortal } from "../../../domain/purchase/billing-portal.ts";
import { type CustomerEnv, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { requireOwnLicense } from "../own-licenses.ts";

const route = createRoute({
  method: "post",
  path: "/account/licenses/{id}/billing",
  middleware: SIGNED_IN_FORM,
  request: { params: LicenseParams, body: formBody({}) },
  ...pageDocs({
    summary: "Go to the billing portal for a license of one's own",
    answers: {},
    leadsTo: "The payment provider's portal, which leads back to the account.",
    refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND", "CONFLICT", "RATE_LIMITED", "SERVICE_UNAVAILABLE"],
  }),
});

/** Registers `POST /account/licenses/{id}/billing`. */
export function registerBilling(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(route, async (c) => {
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return c.redirect(await openBillingPortal(c, license), 303);
  });
}
