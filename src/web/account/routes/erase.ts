import { erasePerson, refusalOfErasure } from "../../../domain/erasure/erasure.ts";
import { readLicense } from "../../../domain/licensing/license/store.ts";
import { clearSessionCookie } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { formBody } from "../../page/kit.ts";
import { accountForm, accountRouter, accountView } from "../frame.tsx";
import { CONFIRMATION, type ErasePageState, erasePage } from "../pages/erase-page.tsx";
import { sentPage } from "../pages/sign-in-page.tsx";
import { requestRecovery } from "../sign-in.ts";
import { type Customer, listOwnLicenses } from "../store.ts";

/** `GET` and `POST /account/erase`, and `POST /account/erase/link`. */
export const erase = accountRouter();

erase.openapi(
  accountView("/account/erase", {
    summary: "Explain the deletion of your data",
    answers: { 200: "The deleted data, the kept data, and the form." },
  }),
  async (c) => erasePage(await stateOf(c.env.DB, c.var.session.by), c.var.session.csrfToken),
);

erase.openapi(
  accountForm("/account/erase/link", {
    request: { body: formBody({}) },
    summary: "Mail a link to the owner of the signed-in license",
    answers: { 202: "The link was mailed." },
    refusals: ["RATE_LIMITED"],
  }),
  async (c) => {
    const { kind, subject } = c.var.session.by;
    const email = kind === "mail" ? subject : (await readLicense(c.env.DB, subject))?.email;
    if (email !== undefined) await requestRecovery(c, email);
    return sentPage();
  },
);

erase.openapi(
  accountForm("/account/erase", {
    request: { body: formBody({ confirmation: CONFIRMATION }) },
    summary: "Delete your data",
    description:
      "Needs a sign-in by mail. Ends every license of the address and erases the personal data. Refused while a subscription " +
      "is active.",
    answers: {
      200: "The page again, with the step that is missing.",
      422: "The form again, because the confirmation is wrong.",
    },
    leadsTo: "The sign-in page, with a confirmation.",
    refusals: ["CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { csrfToken, by } = c.var.session;
    const state = await stateOf(c.env.DB, by);
    if (by.kind !== "mail" || state.step !== "confirm") return erasePage(state, csrfToken);
    const { confirmation: sent = "" } = c.req.valid("form");
    if (sent.trim().toLowerCase() !== CONFIRMATION) {
      const fault = {
        sent,
        message: `Please type “${CONFIRMATION}” to confirm.`,
        status: 422,
      };
      return erasePage({ ...state, fault }, csrfToken);
    }
    const scope = { db: c.env.DB, config: c.var.config };
    const { changes } = await erasePerson(scope, by.subject, actorOf(c, "customer"));
    await settle(c, changes);
    clearSessionCookie(c, "account");
    return c.redirect("/account/sign-in?done=erased", 303);
  },
);

/** The customer's next step. Others may have the key, so only a mail to the address proves its owner. */
async function stateOf(db: D1Database, by: Customer): Promise<ErasePageState> {
  if (by.kind === "license") return { step: "prove" };
  const licenses = await listOwnLicenses(db, by);
  const refusal = refusalOfErasure(licenses);
  return refusal ? { step: "running", message: refusal.detail } : { step: "confirm", licenses: licenses.length };
}
