import { erasePerson, refusalOfErasure } from "../../../domain/erasure/erasure.ts";
import { readLicense } from "../../../domain/licensing/license/store.ts";
import { clearSessionCookie } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { type Changes, settle } from "../../../platform/storage/settle.ts";
import { type FC, Field, formBody, Notice, PostForm } from "../../page/kit.ts";
import { accountForm, accountPage, accountRouter, accountView, type Visitor } from "../frame.tsx";
import { sentPage } from "../pages/sign-in-page.tsx";
import { requestRecovery } from "../sign-in.ts";
import { type Customer, listOwnLicenses } from "../store.ts";

/** The word to type as a confirmation. */
const CONFIRMATION = "delete";

/** `GET` and `POST /account/erase`, and `POST /account/erase/link`. */
export const erase = accountRouter();

erase.openapi(
  accountView("/account/erase", {
    summary: "Explain the deletion of your data",
    answers: { 200: "The deleted data, the kept data, and the form." },
  }),
  async (c) => erasePage(await stateOf(c.env.DB, c.var.session.by), c.var.session),
);

erase.openapi(
  accountForm("/account/erase/link", {
    request: { body: formBody({}) },
    summary: "Email a link to the owner of the signed-in license",
    answers: { 202: "The link was emailed." },
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
    const { session } = c.var;
    const { by } = session;
    const state = await stateOf(c.env.DB, by);
    if (by.kind !== "mail" || state.step !== "confirm") return erasePage(state, session);
    const { confirmation: sent = "" } = c.req.valid("form");
    if (sent.trim().toLowerCase() !== CONFIRMATION) {
      const fault = {
        sent,
        message: `Please type “${CONFIRMATION}” to confirm.`,
        status: 422,
      };
      return erasePage({ ...state, fault }, session);
    }
    const scope = { ...c.env, config: c.var.config, settle: (changes: Changes) => settle(c, changes) };
    await erasePerson(scope, by.subject, actorOf(c, "customer"));
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

/** The step of an erasure: the customer must prove their address, something prevents it, or they must confirm. */
type ErasePageState =
  | { step: "prove" }
  | { step: "running"; message: string }
  | { step: "confirm"; licenses: number; fault?: { sent: string; message: string; status: number } };

/** The page that explains an erasure, with the form of its current step. */
const erasePage = (state: ErasePageState, visitor: Visitor): Promise<Response> =>
  accountPage({
    visitor,
    title: "Delete my data",
    status: state.step === "confirm" ? (state.fault?.status ?? 200) : 200,
    main: (
      <>
        <h1>Delete my data</h1>
        <h2>Permanently deleted</h2>
        <ul>
          <li>Your email address, on your licenses and on the emails that we sent you.</li>
          <li>The names and fingerprints of your machines, and the list of your downloads.</li>
          <li>Your customer record at Stripe, with your name, address and payment methods.</li>
          <li>
            <strong>All your licenses end, including lifetime ones.</strong> They can't be restored or transferred.
          </li>
        </ul>
        <h2>Kept</h2>
        <ul>
          <li>
            Invoices and payments at Stripe, and the numbers that link a license to its payment: tax law requires them
            for up to ten years. Download your invoices first. You can't open the portal afterwards.
          </li>
          <li>The record of changes to your licenses, without your name and address.</li>
        </ul>
        <EraseStep state={state} csrf={visitor.csrfToken} />
      </>
    ),
  });

const EraseStep: FC<{ state: ErasePageState; csrf: string }> = ({ state, csrf }) => {
  switch (state.step) {
    case "prove":
      return (
        <>
          <Notice>
            You are signed in with a license key, and other people may have that key. To make sure it's you, we email a
            link to the owner of the license. Sign in with it, then open this page again.
          </Notice>
          <PostForm action="/account/erase/link" csrf={csrf}>
            <button type="submit">Email me the link</button>
          </PostForm>
        </>
      );
    case "running":
      return (
        <Notice tone="careful">
          {state.message} <a href="/account">Go to your licenses</a>.
        </Notice>
      );
    case "confirm":
      return (
        <PostForm csrf={csrf}>
          <Field
            name="confirmation"
            label={`To delete your data and end ${state.licenses === 1 ? "your license" : `your ${state.licenses} licenses`}, type “${CONFIRMATION}”`}
            autocomplete="off"
            autocapitalize="none"
            required
            value={state.fault?.sent}
            error={state.fault?.message}
          />
          <div class="row">
            <button type="submit" class="danger">
              Delete my data
            </button>
            <a href="/account">Keep my data</a>
          </div>
        </PostForm>
      );
  }
};
