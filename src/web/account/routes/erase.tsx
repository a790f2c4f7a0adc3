import { erasePerson, refusalOfErasure } from "../../../domain/erasure/erasure.ts";
import { readLicense } from "../../../domain/licensing/license/store.ts";
import { clearSessionCookie } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { type Changes, settle } from "../../../platform/storage/settle.ts";
import { type FC, Field, formBody, Notice, PostForm } from "../../page/kit.ts";
import { accountForm, accountPage, accountRouter, accountView } from "../frame.tsx";
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
const erasePage = (state: ErasePageState, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Delete my data",
    status: state.step === "confirm" ? (state.fault?.status ?? 200) : 200,
    main: (
      <>
        <h1>Delete my data</h1>
        <h2>We delete</h2>
        <ul>
          <li>Your email address, on your licenses and on the mails that we sent you.</li>
          <li>The names and fingerprints of your machines, and the list of your downloads.</li>
          <li>Your customer record at Stripe, with your name, address and payment methods.</li>
          <li>
            <strong>Your licenses end, including lifetime licenses.</strong> A license needs an owner. No key can open
            them again.
          </li>
        </ul>
        <h2>We keep</h2>
        <ul>
          <li>
            Invoices and payments at Stripe, and the numbers that link a license to its payment. Tax law requires them
            for up to ten years. Download your invoices first, because you cannot open the portal afterwards.
          </li>
          <li>The record of changes to your licenses, without your name and address.</li>
        </ul>
        <EraseStep state={state} csrf={csrf} />
      </>
    ),
  });

const EraseStep: FC<{ state: ErasePageState; csrf: string }> = ({ state, csrf }) => {
  switch (state.step) {
    case "prove":
      return (
        <>
          <Notice>
            You are signed in with a license key, and other people may have that key. To make sure that it is you, we
            mail a link to the owner of the license. Sign in with this link, then open this page again.
          </Notice>
          <PostForm action="/account/erase/link" csrf={csrf}>
            <button type="submit">Mail me the link</button>
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
