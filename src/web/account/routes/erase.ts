import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { refusalOfErasure } from "../../../domain/erasure/decision.ts";
import { erasePerson } from "../../../domain/erasure/erasure.ts";
import { readLicense } from "../../../domain/licensing/license/store.ts";
import { type CustomerEnv, SIGNED_IN, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { clearSessionCookie } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { listOwnLicenses } from "../own-licenses.ts";
import { CONFIRMATION, type ErasePageState, erasePage } from "../pages/erase-page.tsx";
import { sentPage } from "../pages/sign-in-page.tsx";
import { requestRecovery } from "../recovery-request.ts";

const ask = createRoute({
  method: "get",
  path: "/account/erase",
  middleware: SIGNED_IN,
  ...pageDocs({
    summary: "What deleting one's data means",
    answers: { 200: "What goes, what stays, and the form." },
    leadsTo: "The page to sign in.",
  }),
});

const prove = createRoute({
  method: "post",
  path: "/account/erase/link",
  middleware: SIGNED_IN_FORM,
  request: { body: formBody({}) },
  ...pageDocs({
    summary: "Mail a link to the owner of the license that is signed in with its key",
    answers: { 202: "The link is on its way." },
    leadsTo: "The page to sign in.",
    refusals: [...FORM_REFUSALS, "RATE_LIMITED"],
  }),
});

const erase = createRoute({
  method: "post",
  path: "/account/erase",
  middleware: SIGNED_IN_FORM,
  request: { body: formBody({ confirmation: CONFIRMATION }) },
  ...pageDocs({
    summary: "Delete one's data",
    description:
      "For who is signed in by mail. Ends every license of the address and erases what says whose they were; refused while a " +
      "subscription is running.",
    answers: { 200: "The page again: not yet.", 422: "The form again: it was not confirmed." },
    leadsTo: "The page to sign in, saying so.",
    refusals: [...FORM_REFUSALS, "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
});

/** Registers `GET` and `POST /account/erase`, and `POST /account/erase/link`. */
export function registerErase(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(ask, async (c) => erasePage(await stateOf(c), c.var.session.csrfToken));

  router.openapi(prove, async (c) => {
    const { kind, subject } = c.var.session.by;
    const email = kind === "mail" ? subject : (await readLicense(c.env.DB, subject))?.email;
    if (email !== undefined) await requestRecovery(c, email);
    return sentPage();
  });

  router.openapi(erase, async (c) => {
    const { csrfToken, by } = c.var.session;
    const state = await stateOf(c);
    if (by.kind !== "mail" || state.step !== "confirm") return erasePage(state, csrfToken);
    const { confirmation: sent = "" } = c.req.valid("form");
    if (sent.trim().toLowerCase() !== CONFIRMATION) {
      const fault = {
        sent,
        message: `Please type “${CONFIRMATION}”, so that this happens to nobody by accident.`,
        status: 422,
      };
      return erasePage({ ...state, fault }, csrfToken);
    }
    const scope = { db: c.env.DB, config: c.var.config };
    const { changes } = await erasePerson(scope, by.subject, actorOf(c, "customer"));
    await settle(c, changes);
    clearSessionCookie(c, "account");
    return c.redirect("/account/sign-in?done=erased", 303);
  });
}

/** How far who is signed in has come. A key may be in other hands: only the address's own mail proves the person. */
async function stateOf(c: Context<CustomerEnv>): Promise<ErasePageState> {
  const { by } = c.var.session;
  if (by.kind === "license") return { step: "prove" };
  const licenses = await listOwnLicenses(c.env.DB, by);
  const refusal = refusalOfErasure(licenses);
  return refusal ? { step: "running", message: refusal.detail } : { step: "confirm", licenses: licenses.length };
}
