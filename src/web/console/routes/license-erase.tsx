import { erasePerson } from "../../../domain/erasure/erasure.ts";
import { LicenseParams } from "../../../domain/licensing/license-params.ts";
import { isErased } from "../../../domain/licensing/license-record.ts";
import { readLicensesByEmail, requireLicense } from "../../../domain/licensing/license-store.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { donePath } from "../done.tsx";
import { previewErasure } from "../erasure-preview.ts";
import { licensePath } from "../license-path.ts";
import { ownerText } from "../owner-name.tsx";
import { ReasonForm, reasonField } from "../reason-field.tsx";
import type { TwoStepAct } from "../two-step-act.tsx";

/** `GET` and `POST /admin/licenses/{id}/erase`. */
export const licenseErase = createConsoleRouter();

registerAct(licenseErase, {
  path: "/admin/licenses/{id}/erase",
  scope: "owner",
  params: LicenseParams,
  does: "erase the person behind a license",
  example: { reason: "asked for by mail on 3 May, ticket 4711" },
  answers: { 409: "The form again: a subscription is still running." },
  leadsTo: "The license, which is nobody's any more.",
  missing: ["LICENSE_NOT_FOUND"],
  refusals: ["SERVICE_UNAVAILABLE"],
  actOf: (c, { id }) => twoStep(c, id),
});

async function twoStep(c: ConsoleContext, id: string): Promise<TwoStepAct<{ reason: string }>> {
  const license = await requireLicense(c.env.DB, id);
  return {
    part: "/admin/licenses",
    title: "Erase the owner's data",
    about: `${ownerText(license)} · ${license.plan} · ${id}`,
    button: "Erase it for good",
    dangerous: true,
    back: licensePath(id),
    schema: ReasonForm,
    fields: reasonField,
    preview: async () => {
      const preview = previewErasure(
        isErased(license) ? [license] : await readLicensesByEmail(c.env.DB, license.email),
      );
      if (!preview.ok) throw new Problem(preview.error);
      return preview.value;
    },
    carryOut: async ({ reason }) => {
      const { edge } = await erasePerson(c, license.email, adminActor(c), { reason, last: id });
      return c.redirect(donePath(licensePath(id), { done: "erase", edge }), 303);
    },
  };
}
