import { erasePerson } from "../../../domain/erasure/erasure.ts";
import { requireLicense } from "../../../domain/licensing/license/store.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { giveBack, readRefundable, revokeForRefund } from "../../../domain/purchase/refund.ts";
import { purchaseScope } from "../../../domain/purchase/sync.ts";
import { formatAmount } from "../../../lib/money.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import { Notice } from "../../page/kit.ts";
import { actRoutes, adminActor, BRAKED, brake, goTo, Problem, ReasonForm, resultPage, settle } from "../kit.ts";
import { previewErasure, previewRefund } from "./preview.ts";
import { licensePath, ownerText } from "./words.tsx";

/** `GET` and `POST /admin/licenses/{id}/refund`. */
export const licenseRefund = actRoutes("/admin/licenses/{id}/refund", {
  scope: "money:refund",
  params: LicenseParams,
  does: "refund and revoke a license",
  example: { reason: "bought twice by mistake" },
  answers: {
    200: "The preview with the amount of the refund; then the result.",
    409: "The form again: the license was not bought here, or Stripe refused.",
    429: BRAKED,
  },
  missing: ["LICENSE_NOT_FOUND"],
  refusals: ["SERVICE_UNAVAILABLE"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const license = await requireLicense(c.env.DB, id);
    const admin = adminActor(c);
    return {
      title: "Refund and revoke this license",
      about: `${license.email} · ${license.plan} · ${id}`,
      button: "Refund and revoke it",
      dangerous: true,
      back: licensePath(id),
      preview: async () => {
        const { stripe } = await purchaseScope(c.env, c.var.config);
        return previewRefund(license, await readRefundable(stripe, license), admin.now);
      },
      carryOut: async ({ reason }) => {
        await brake(c, "refund");
        const scope = await purchaseScope(c.env, c.var.config);
        const revoked = await revokeForRefund(scope, admin, id, reason);
        const edge = await settle(c, revoked.changes);
        const { refund, changes } = await giveBack(scope, admin, revoked.row);
        await settle(c, changes);
        const given =
          refund.currency === null || refund.amount === 0
            ? "There was nothing left to refund."
            : `The customer gets ${formatAmount(refund.amount, refund.currency)} back.`;
        return resultPage(c, {
          title: "Refunded and revoked",
          result: <Notice tone="good">{given} The license is revoked, and nothing more is billed for it.</Notice>,
          edge,
          link: { href: licensePath(id), text: "Show the license" },
        });
      },
    };
  },
});

/** `GET` and `POST /admin/licenses/{id}/erase`. */
export const licenseErase = actRoutes("/admin/licenses/{id}/erase", {
  scope: "owner",
  params: LicenseParams,
  does: "erase the owner of a license",
  example: { reason: "asked for by email on 3 May, ticket 4711" },
  answers: { 409: "The form again: a subscription is still running." },
  leadsTo: "The page of the license, without its owner.",
  missing: ["LICENSE_NOT_FOUND"],
  refusals: ["SERVICE_UNAVAILABLE"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const license = await requireLicense(c.env.DB, id);
    return {
      title: "Erase the owner's data",
      about: `${ownerText(license)} · ${license.plan} · ${id}`,
      button: "Erase it forever",
      dangerous: true,
      back: licensePath(id),
      preview: async () => {
        const preview = await previewErasure(c.env.DB, license);
        if (!preview.ok) throw new Problem(preview.error);
        return preview.value;
      },
      carryOut: async ({ reason }) => {
        const scope = { ...c.env, config: c.var.config, settle: (changes: Changes) => settle(c, changes) };
        const { edge } = await erasePerson(scope, license.email, adminActor(c), { reason, last: id });
        return goTo(c, licensePath(id), { done: "erase", edge });
      },
    };
  },
});
