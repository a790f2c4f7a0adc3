import { actOnLicense } from "../../../domain/licensing/admin/act.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { openBillingPortal } from "../../../domain/purchase/billing-portal.ts";
import { Problem, type Refusal, z } from "../../../platform/http/route.ts";
import { keepSession } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { formBody } from "../../page/kit.ts";
import { accountForm, accountRouter, accountView } from "../frame.tsx";
import { answerWithLicense, wordsFor } from "../license-response.ts";
import { overviewPage } from "../pages/license-page.tsx";
import { rotateKeyPage } from "../pages/sections.tsx";
import { listOwnLicenses, requireOwnLicense } from "../store.ts";

const replacedMeanwhile: Refusal = {
  code: "CONFLICT",
  detail: "The key was replaced again in the meantime. We have mailed the newest key.",
};

/** `GET /account`, and below `/account/licenses/{id}` the license, its billing and its key. */
export const license = accountRouter();

license.openapi(
  accountView("/account", {
    summary: "The account, as a page",
    answers: { 200: "The license, or a list of several licenses." },
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
  accountView("/account/licenses/{id}", {
    request: {
      params: LicenseParams,
      query: z.object({
        done: z.string().optional().openapi({ description: "The act that the page confirms.", example: "freed" }),
      }),
    },
    summary: "One of your licenses, as a page",
    answers: { 200: "The license without its key." },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, own, { done: c.req.valid("query").done });
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/billing", {
    request: { params: LicenseParams, body: formBody({}) },
    summary: "Open the billing portal of one of your licenses",
    leadsTo: "The payment provider's portal, which links back to the account.",
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "RATE_LIMITED", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return c.redirect(await openBillingPortal(c, own), 303);
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/key", {
    request: { params: LicenseParams, body: formBody({}) },
    summary: "Show the key of one of your licenses",
    description: "A form and not a link, so that a mere visit never shows the key.",
    answers: { 200: "The license with its key." },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, own, { showKey: true });
  },
);

license.openapi(
  accountView("/account/licenses/{id}/rotate-key", {
    request: { params: LicenseParams },
    summary: "Explain the replacement of a license's key",
    answers: { 200: "The consequences, and the button." },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return rotateKeyPage(own, c.var.session.csrfToken);
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/rotate-key", {
    request: { params: LicenseParams, body: formBody({ generation: "0" }) },
    summary: "Replace the key of one of your licenses",
    description:
      "Shows and mails the new key. `generation` is that of the key to replace, so the form is idempotent. " +
      "Other sessions of the old key end.",
    answers: { 200: "The license with its new key." },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { session } = c.var;
    const own = await requireOwnLicense(c.env.DB, session.by, c.req.valid("param").id);
    if (String(own.generation) !== c.req.valid("form").generation) {
      return answerWithLicense(c, own, { showKey: true, isRotated: true });
    }
    const actor = { ...actorOf(c, `account:${own.id}`), scopes: [] };
    const { generation } = own;
    const act = { action: "rotate-key", generation } as const;
    // An admin may rotate the key at the same time, maybe because of this session. Then this act rotates nothing.
    const scope = { db: c.env.DB, config: c.var.config };
    const rotated = await actOnLicense(scope, actor, own.id, act, "by its owner", `rotate-key ${generation}`);
    await settle(c, rotated.changes);
    // A repeated form may find a newer key, made in another session. This session then ends with its old key.
    if (rotated.license.generation !== generation + 1) throw new Problem(replacedMeanwhile);
    await keepSession(c.env.DB, session.id, rotated.license);
    return answerWithLicense(c, rotated.license, { showKey: true, isRotated: true });
  },
);
