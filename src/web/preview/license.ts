import { checkMayVoidLease } from "../../domain/licensing/admin/act.ts";
import { requireLicense } from "../../domain/licensing/license/store.ts";
import { LicenseParams, MachineParams } from "../../domain/licensing/license/view.ts";
import { noSuchMachine } from "../../domain/licensing/machine/seat.ts";
import { readRefundable } from "../../domain/purchase/refund.ts";
import { purchaseScope } from "../../domain/purchase/sync.ts";
import type { NeededScope } from "../../platform/config/scopes.ts";
import { operation, Problem, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../platform/identity/authentication.ts";
import { previewErasure, previewLicenseAct, previewRefund } from "../console/license/preview.ts";
import { previewBar, previewMachineRemoval } from "../console/license/preview-machine.ts";
import { ownerText } from "../console/license/words.tsx";
import { DESCRIPTION, PreviewAnswer, requireScopeOf } from "./answer.ts";

/** The acts on a license that have a preview, and the scope that each act needs. */
const LICENSE_ACTS = {
  revoke: "licenses:write",
  suspend: "licenses:write",
  "rotate-key": "licenses:write",
  refund: "money:refund",
  erase: "owner",
} as const satisfies Record<string, NeededScope>;

/** `GET /v1/admin/licenses/{id}/preview` and the same of a machine. */
export const licensePreviews = createAdminRouter();

licensePreviews.openapi(
  operation("get", "/v1/admin/licenses/{id}/preview", {
    tag: "Admin: licenses",
    summary: "Preview an act on a license",
    description: DESCRIPTION,
    access: admin("licenses:read"),
    params: LicenseParams,
    query: z.object({
      act: z
        .enum(["revoke", "suspend", "rotate-key", "refund", "erase"])
        .openapi({ param: { description: "The act to preview." } }),
      cancel_subscription: z
        .enum(["true", "false"])
        .optional()
        .openapi({ param: { description: "With `revoke`: as in its body." } }),
    }),
    answers: { 200: ["The consequences.", PreviewAnswer] },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { act, cancel_subscription } = c.req.valid("query");
    const { id } = c.req.valid("param");
    const actor = adminActor(c);
    requireScopeOf(actor, LICENSE_ACTS[act]);
    const license = await requireLicense(c.env.DB, id);
    const about = `${ownerText(license)} · ${license.plan}`;
    const answer = (consequences: string[]) => c.json({ act, subject: id, about, consequences }, 200);
    if (act === "refund") {
      const { stripe } = await purchaseScope(c.env, c.var.config);
      return answer(previewRefund(license, await readRefundable(stripe, license), actor.now));
    }
    const cancelSubscription = cancel_subscription === "true";
    const preview =
      act === "erase"
        ? await previewErasure(c.env.DB, license)
        : previewLicenseAct(
            license,
            act === "revoke" ? { action: act, cancelSubscription } : { action: act },
            actor,
            actor.now,
          );
    if (!preview.ok) throw new Problem(preview.error);
    return answer(preview.value);
  },
);

licensePreviews.openapi(
  operation("get", "/v1/admin/licenses/{id}/machines/{machine_id}/preview", {
    tag: "Admin: machines",
    summary: "Preview the removal or the bar of a machine",
    description: DESCRIPTION,
    access: admin("licenses:read"),
    params: MachineParams,
    query: z.object({
      act: z.enum(["remove", "bar"]).openapi({ param: { description: "The act to preview." } }),
      void_lease: z
        .enum(["true", "false"])
        .optional()
        .openapi({ param: { description: "As for the act: owners only." } }),
    }),
    answers: { 200: ["The consequences.", PreviewAnswer] },
    refusals: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
  async (c) => {
    const { act, void_lease } = c.req.valid("query");
    const { id, machine_id } = c.req.valid("param");
    const actor = adminActor(c);
    requireScopeOf(actor, "licenses:write");
    const voidLease = void_lease === "true";
    if (voidLease) checkMayVoidLease(actor);
    const license = await requireLicense(c.env.DB, id);
    const machine = license.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem(noSuchMachine);
    const preview = act === "bar" ? previewBar : previewMachineRemoval;
    const about = `${machine.name ?? machine_id} · ${ownerText(license)}`;
    return c.json({ act, subject: machine_id, about, consequences: preview(machine, voidLease, actor.now) }, 200);
  },
);
