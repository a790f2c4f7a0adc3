import { actOnLicense } from "../../../domain/licensing/license-act.ts";
import { LicenseParams } from "../../../domain/licensing/license-params.ts";
import { requireLicense } from "../../../domain/licensing/license-store.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { previewLicenseAct } from "../act-preview.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { donePath } from "../done.tsx";
import { keyPage } from "../key-page.tsx";
import { type ActInput, LICENSE_ACTS, type LicenseAct, settledFields } from "../license-acts.tsx";
import { licensePath } from "../license-path.ts";
import { reasonField } from "../reason-field.tsx";
import type { TwoStepAct } from "../two-step-act.tsx";

/** `GET` and `POST /admin/licenses/{id}/{revoke|suspend|reinstate|extend|rotate-key}`. */
export const licenseAct = createConsoleRouter();

for (const act of LICENSE_ACTS) {
  registerAct(licenseAct, {
    path: `/admin/licenses/{id}/${act.name}`,
    scope: "licenses:write",
    params: LicenseParams,
    does: act.name === "rotate-key" ? "rotate the key of a license" : `${act.name} a license`,
    example: { reason: "key found in a public repository" },
    answers: {
      409: "The form again: the state does not allow it.",
      ...(act.name === "rotate-key" && { 200: "What would happen; then the new key, once." }),
    },
    leadsTo: "The license, changed.",
    missing: ["LICENSE_NOT_FOUND"],
    actOf: (c, { id }) => twoStep(c, act, id),
  });
}

async function twoStep(c: ConsoleContext, offered: LicenseAct, id: string): Promise<TwoStepAct<ActInput>> {
  const license = await requireLicense(c.env.DB, id);
  const admin = adminActor(c);
  const isOwner = admin.scopes.includes("owner");
  const { title, button, dangerous, schema, fields } = offered;
  const back = licensePath(id);
  return {
    part: "/admin/licenses",
    title,
    about: `${license.email} · ${license.plan} · ${id}`,
    button,
    dangerous,
    back,
    schema,
    fields: (sent, errors) => (
      <>
        {fields?.(license, sent, errors)}
        {reasonField(sent, errors)}
      </>
    ),
    preview: ({ act }) => {
      const preview = previewLicenseAct(license, act, isOwner, admin.now);
      if (!preview.ok) throw new Problem(preview.error);
      return preview.value;
    },
    settle: ({ act }) => settledFields(license, act, isOwner, admin.now),
    carryOut: async ({ reason, act }, idempotencyKey) => {
      const { key, edge } = await actOnLicense(c, admin, id, act, reason, idempotencyKey);
      if (key !== null) return keyPage(c, { title: "The new license key", key, license, edge });
      return c.redirect(donePath(back, { done: offered.name, edge }), 303);
    },
  };
}
