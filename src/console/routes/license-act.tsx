import { createRoute } from "@hono/zod-openapi";
import { adminActor } from "../../admin/authentication.ts";
import { Problem } from "../../http/problem.ts";
import { actOnLicense } from "../../licensing/license-act.ts";
import { requireLicense } from "../../licensing/license-store.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { previewLicenseAct } from "../act-preview.ts";
import type { ConsoleContext } from "../console-page.tsx";
import {
  behind,
  CONSOLE_REFUSALS,
  createConsoleRouter,
  FORM_REFUSALS,
  formBehind,
  formBody,
} from "../console-router.ts";
import { keyPage } from "../key-page.tsx";
import { type ActInput, LICENSE_ACTS, type LicenseAct, settledFields } from "../license-acts.tsx";
import { licensePath } from "../license-path.ts";
import { LicenseParams } from "../params.ts";
import { reasonField } from "../reason-field.tsx";
import { answerAct, askForAct, type TwoStepAct } from "../two-step-act.tsx";

/** `GET` and `POST /admin/licenses/{id}/{revoke|suspend|reinstate|extend|rotate-key}`. */
export const licenseAct = createConsoleRouter();

for (const act of LICENSE_ACTS) {
  const path = `/admin/licenses/{id}/${act.name}` as const;
  const request = { params: LicenseParams };
  licenseAct.openapi(
    createRoute({
      method: "get",
      path,
      ...behind("licenses:write"),
      request,
      ...pageDocs({
        summary: `Ask why, before: ${act.link.toLowerCase()} a license`,
        answers: { 200: "The form." },
        refusals: [...CONSOLE_REFUSALS, "LICENSE_NOT_FOUND"],
      }),
    }),
    async (c) => askForAct(c, await twoStep(c, act, c.req.valid("param").id)),
  );
  licenseAct.openapi(
    createRoute({
      method: "post",
      path,
      ...formBehind("licenses:write"),
      request: { ...request, ...formBody({ reason: "key found in a public repository" }) },
      ...pageDocs({
        summary: `Preview, then do: ${act.link.toLowerCase()} a license`,
        description: "Without `idempotency_key` it answers with what would happen; the form on that page has one.",
        answers: {
          200: act.name === "rotate-key" ? "What would happen; then the new key, once." : "What would happen.",
          409: "The form again: the state does not allow it.",
          422: "The form again: something is missing.",
        },
        leadsTo: "The license, changed.",
        refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND"],
      }),
    }),
    async (c) => answerAct(c, await twoStep(c, act, c.req.valid("param").id)),
  );
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
      return c.redirect(`${back}?${new URLSearchParams({ done: offered.name, edge })}`, 303);
    },
  };
}
