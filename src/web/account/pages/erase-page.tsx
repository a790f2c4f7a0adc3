import { type FC, Field, Notice, PostForm } from "../../page/kit.ts";
import { accountPage } from "../frame.tsx";

/** The word to type as a confirmation. */
export const CONFIRMATION = "delete";

/** The step of an erasure: the customer must prove their address, something prevents it, or they must confirm. */
export type ErasePageState =
  | { step: "prove" }
  | { step: "running"; message: string }
  | { step: "confirm"; licenses: number; fault?: { sent: string; message: string; status: number } };

/** The page that explains an erasure, with the form of its current step. */
export const erasePage = (state: ErasePageState, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Delete my data",
    status: state.step === "confirm" ? (state.fault?.status ?? 200) : 200,
    main: (
      <>
        <h1>Delete my data</h1>
        <h2>We delete</h2>
        <ul>
          <li>Your mail address, on your licenses and on the mails that we sent you.</li>
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
