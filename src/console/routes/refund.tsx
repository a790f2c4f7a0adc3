import { createRoute, z } from "@hono/zod-openapi";
import { adminActor } from "../../admin/authentication.ts";
import { requireLicense } from "../../licensing/license-store.ts";
import { Notice } from "../../page/notice.tsx";
import { pageDocs } from "../../page/page-docs.ts";
import { formatPrice } from "../../page/quantity.ts";
import { purchaseScope } from "../../purchase/purchase-scope.ts";
import { readRefundable } from "../../purchase/refund.ts";
import { checkWasBought, refundAndRevoke } from "../../purchase/refund-act.ts";
import { previewRefund } from "../act-preview.ts";
import { type ConsoleContext, consolePage } from "../console-page.tsx";
import {
  behind,
  CONSOLE_REFUSALS,
  createConsoleRouter,
  FORM_REFUSALS,
  formBehind,
  formBody,
} from "../console-router.ts";
import { licensePath } from "../license-path.ts";
import { LicenseParams } from "../params.ts";
import { Reason, reasonField } from "../reason-field.tsx";
import { answerAct, askForAct, type TwoStepAct } from "../two-step-act.tsx";

const path = "/admin/licenses/{id}/refund";

const ask = createRoute({
  method: "get",
  path,
  ...behind("licenses:write"),
  request: { params: LicenseParams },
  ...pageDocs({
    summary: "Ask why, before: refund and revoke a license",
    answers: { 200: "The form." },
    refusals: [...CONSOLE_REFUSALS, "LICENSE_NOT_FOUND"],
  }),
});

const send = createRoute({
  method: "post",
  path,
  ...formBehind("licenses:write"),
  request: { params: LicenseParams, ...formBody({ reason: "bought twice by mistake" }) },
  ...pageDocs({
    summary: "Preview, then do: refund and revoke a license",
    description: "Without `idempotency_key` it answers with what would happen, and how much would be given back.",
    answers: {
      200: "What would happen; then what was given back.",
      409: "The form again: nothing was bought here, or Stripe refuses.",
      422: "The form again: something is missing.",
    },
    refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
});

const RefundForm = z.object({ reason: Reason });

export const refundRoutes = createConsoleRouter();
refundRoutes.openapi(ask, async (c) => askForAct(c, await twoStep(c, c.req.valid("param").id)));
refundRoutes.openapi(send, async (c) => answerAct(c, await twoStep(c, c.req.valid("param").id)));

async function twoStep(c: ConsoleContext, id: string): Promise<TwoStepAct<z.output<typeof RefundForm>>> {
  const license = await requireLicense(c.env.DB, id);
  const admin = adminActor(c);
  return {
    part: "/admin/licenses",
    title: "Refund and revoke this license",
    about: `${license.email} · ${license.plan} · ${id}`,
    button: "Refund and revoke it",
    dangerous: true,
    back: licensePath(id),
    schema: RefundForm,
    fields: reasonField,
    preview: async () => {
      checkWasBought(license);
      const { stripe } = await purchaseScope(c.env, c.var.config);
      return previewRefund(license, await readRefundable(stripe, license), admin.now);
    },
    carryOut: async ({ reason }) => {
      const { refund } = await refundAndRevoke(c, admin, id, reason);
      const given =
        refund.currency === null || refund.amount === 0
          ? "There was nothing left to give back."
          : `${formatPrice(refund.amount, refund.currency)} go back to the customer.`;
      return consolePage(c, {
        part: "/admin/licenses",
        title: "Refunded",
        wide: false,
        main: (
          <>
            <h1>Refunded and revoked</h1>
            <Notice tone="good">{given} The license is revoked, and nothing more is billed for it.</Notice>
            <p>
              <a href={licensePath(id)}>To the license</a>
            </p>
          </>
        ),
      });
    },
  };
}
