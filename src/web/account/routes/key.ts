import { actOnLicense } from "../../../domain/licensing/admin/act.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { createRoute, type OpenAPIHono, Problem, type Refusal } from "../../../platform/http/route.ts";
import { type CustomerEnv, SIGNED_IN, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { keepSession } from "../../../platform/identity/session/store.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { answerWithLicense } from "../license-response.ts";
import { requireOwnLicense } from "../own-licenses.ts";
import { rotateKeyPage } from "../pages/rotate-key-page.tsx";

const show = createRoute({
  method: "post",
  path: "/account/licenses/{id}/key",
  middleware: SIGNED_IN_FORM,
  request: { params: LicenseParams, body: formBody({}) },
  ...pageDocs({
    summary: "Show the key of a license of one's own",
    description: "By a form, so that the key stands in no page that is merely visited.",
    answers: { 200: "The license with its key." },
    leadsTo: "The page to sign in.",
    refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND"],
  }),
});

const confirm = createRoute({
  method: "get",
  path: "/account/licenses/{id}/rotate-key",
  middleware: SIGNED_IN,
  request: { params: LicenseParams },
  ...pageDocs({
    summary: "What replacing the key of a license does",
    answers: { 200: "What will happen, and the button." },
    leadsTo: "The page to sign in.",
    refusals: ["LICENSE_NOT_FOUND"],
  }),
});

const rotate = createRoute({
  method: "post",
  path: "/account/licenses/{id}/rotate-key",
  middleware: SIGNED_IN_FORM,
  request: { params: LicenseParams, body: formBody({ generation: "0" }) },
  ...pageDocs({
    summary: "Replace the key of a license of one's own",
    description:
      "The new key is shown and mailed. `generation` is that of the key to replace: sent again, the form replaces nothing more. " +
      "Other sessions of the old key end.",
    answers: { 200: "The license with its new key." },
    leadsTo: "The page to sign in.",
    refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND", "CONFLICT"],
  }),
});

const replacedMeanwhile: Refusal = {
  code: "CONFLICT",
  detail: "The key has been replaced once more. The newest one is in the mail.",
};

/** Registers `POST /account/licenses/{id}/key`, `GET` and `POST /account/licenses/{id}/rotate-key`. */
export function registerKey(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(show, async (c) => {
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, license, { showKey: true });
  });

  router.openapi(confirm, async (c) => {
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return rotateKeyPage(license, c.var.session.csrfToken);
  });

  router.openapi(rotate, async (c) => {
    const { session } = c.var;
    const license = await requireOwnLicense(c.env.DB, session.by, c.req.valid("param").id);
    if (String(license.generation) !== c.req.valid("form").generation) {
      return answerWithLicense(c, license, { showKey: true, isRotated: true });
    }
    const actor = { ...actorOf(c, `account:${license.id}`), scopes: [] };
    const { generation } = license;
    const act = { action: "rotate-key", generation } as const;
    // An admin may replace the key at the same moment, perhaps against this very session: then this replaces nothing.
    const scope = { db: c.env.DB, config: c.var.config };
    const rotated = await actOnLicense(scope, actor, license.id, act, "by its owner", `rotate-key ${generation}`);
    await settle(c, rotated.changes);
    // The form's repetition may find a key that the owner has made since, elsewhere: this session ends with the old one.
    if (rotated.license.generation !== generation + 1) throw new Problem(replacedMeanwhile);
    await keepSession(c.env.DB, session.id, rotated.license);
    return answerWithLicense(c, rotated.license, { showKey: true, isRotated: true });
  });
}
