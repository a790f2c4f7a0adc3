import { LicenseParams } from "../../../domain/licensing/license-params.ts";
import { requireLicense } from "../../../domain/licensing/license-store.ts";
import { purchaseScope } from "../../../domain/purchase/purchase-scope.ts";
import { readRefundable } from "../../../domain/purchase/refund.ts";
import { checkWasBought, refundAndRevoke } from "../../../domain/purchase/refund-act.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { formatPrice, Notice } from "../../page/kit.ts";
import { previewRefund } from "../act-preview.ts";
import { registerAct } from "../act-routes.ts";
import { type ConsoleContext, consolePage } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { EdgeNotice } from "../edge-notice.tsx";
import { licensePath } from "../license-path.ts";
import { ReasonForm, reasonField } from "../reason-field.tsx";
import type { TwoStepAct } from "../two-step-act.tsx";

export const refundRoutes = createConsoleRouter();

registerAct(refundRoutes, {
  path: "/admin/licenses/{id}/refund",
  scope: "licenses:write",
  params: LicenseParams,
  does: "refund and revoke a license",
  example: { reason: "bought twice by mistake" },
  answers: {
    200: "What would happen, and how much would be given back; then what was.",
    409: "The form again: nothing was bought here, or Stripe refuses.",
  },
  missing: ["LICENSE_NOT_FOUND"],
  refusals: ["SERVICE_UNAVAILABLE"],
  actOf: (c, { id }) => twoStep(c, id),
});

async function twoStep(c: ConsoleContext, id: string): Promise<TwoStepAct<{ reason: string }>> {
  const license = await requireLicense(c.env.DB, id);
  const admin = adminActor(c);
  return {
    part: "/admin/licenses",
    title: "Refund and revoke this license",
    about: `${license.email} · ${license.plan} · ${id}`,
    button: "Refund and revoke it",
    dangerous: true,
    back: licensePath(id),
    schema: ReasonForm,
    fields: reasonField,
    preview: async () => {
      checkWasBought(license);
      const { stripe } = await purchaseScope(c.env, c.var.config);
      return previewRefund(license, await readRefundable(stripe, license), admin.now);
    },
    carryOut: async ({ reason }) => {
      const { refund, edge } = await refundAndRevoke(c, admin, id, reason);
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
            <EdgeNotice edge={edge} />
            <p>
              <a href={licensePath(id)}>To the license</a>
            </p>
          </>
        ),
      });
    },
  };
}
