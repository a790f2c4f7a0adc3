import { type FC, Field, Notice, PostForm } from "../../page/kit.ts";
import { accountPage } from "./account-page.tsx";

/** What must be typed to confirm. */
export const CONFIRMATION = "delete";

/** Where the one who asks stands: what keeps us from erasing, or how many licenses would end. */
export type ErasePageState =
  | { step: "prove" }
  | { step: "running"; message: string }
  | { step: "confirm"; licenses: number; fault?: { sent: string; message: string; status: number } };

/** What deleting one's data means, and the form for it. */
export const erasePage = (state: ErasePageState, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Delete my data",
    status: state.step === "confirm" ? (state.fault?.status ?? 200) : 200,
    main: (
      <>
        <h1>Delete my data</h1>
        <h2>What goes, for good</h2>
        <ul>
          <li>Your mail address, wherever we have it: on licenses, and on the mails that we sent you.</li>
          <li>The names and fingerprints of your machines, and what was downloaded with your licenses.</li>
          <li>Your customer record at Stripe, with your name, address and payment methods.</li>
          <li>
            <strong>Your licenses end, those that were bought for good too.</strong> There is nobody left whom they
            could belong to, and no key opens them again.
          </li>
        </ul>
        <h2>What stays, and why</h2>
        <ul>
          <li>
            Invoices and payments at Stripe, and the numbers by which a license belongs to a payment: tax law wants them
            kept for up to ten years. Download your invoices first; you cannot open the portal afterwards.
          </li>
          <li>The record of what was done to a license and when, without your name and address.</li>
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
            You are signed in with a license key, which others may have. To be sure that it is you, we mail a link to
            the address that the license was bought with. Sign in with it and come back here.
          </Notice>
          <PostForm action="/account/erase/link" csrf={csrf}>
            <button type="submit">Mail me the link</button>
          </PostForm>
        </>
      );
    case "running":
      return (
        <Notice tone="careful">
          {state.message} <a href="/account">To your licenses and the portal</a>.
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
            <a href="/account">Keep everything</a>
          </div>
        </PostForm>
      );
  }
};
