import { err, ok, type Result } from "../../../lib/result.ts";
import {
  type AppContext,
  createRouter,
  jsonBodyLimit,
  Problem,
  type Refusal,
  z,
} from "../../../platform/http/route.ts";
import { ownForm } from "../../../platform/identity/session/guard.ts";
import { currentSession, endSession } from "../../../platform/identity/session/lifecycle.ts";
import { returnPath } from "../../../platform/identity/session/session.ts";
import { formBody, pageRoute } from "../../page/kit.ts";
import { accountForm, accountRouter } from "../frame.tsx";
import { sentPage, signInPage } from "../pages/sign-in-page.tsx";
import { keepReturn } from "../return-cookie.ts";
import { RecoveryAddress, requestRecovery, signInByKey } from "../sign-in.ts";
import { readSignIn } from "../sign-in-input.ts";

const noAddress: Refusal = {
  code: "VALIDATION_FAILED",
  detail: "This is not an email address. Please check it.",
};

/** The result of `work`, with a thrown RATE_LIMITED as an error. Throws every other error. */
const orRateLimit = <Value>(work: Promise<Result<Value, Refusal>>): Promise<Result<Value, Refusal>> =>
  work.catch((error: unknown) => {
    if (error instanceof Problem && error.code === "RATE_LIMITED") return err(error);
    throw error;
  });

/** Emails a link to `address`, a part of the `sent` text, if it has a license. A fault shows the form again. */
async function mailLink(c: AppContext, wanted: string, sent: string, address: string): Promise<Response> {
  const again = (refusal: Refusal) => signInPage({ wanted, fault: { sent, refusal } });
  const email = RecoveryAddress.safeParse(address);
  if (!email.success) return again(noAddress);
  const asked = await orRateLimit(requestRecovery(c, email.data).then(() => ok(null)));
  return asked.ok ? keepReturn(await sentPage(), wanted) : again(asked.error);
}

/** `GET` and `POST /account/sign-in`, `POST /account/sign-in/link` and `GET /recover`. */
export const signIn = createRouter();

signIn.openapi(
  pageRoute("get", "/account/sign-in", {
    request: {
      query: z.object({
        return: z
          .string()
          .optional()
          .openapi({ description: "The path to open after the sign-in.", example: "/account" }),
        done: z.string().optional().openapi({ description: "The act that the page confirms.", example: "signed-out" }),
      }),
    },
    summary: "Sign in to the account, as a page",
    answers: { 200: "The form." },
    leadsTo: "The return path, if already signed in.",
  }),
  async (c) => {
    const { return: wanted, done } = c.req.valid("query");
    const path = returnPath("account", wanted);
    if ((await currentSession(c, "account")) !== null) return c.redirect(path, 303);
    return signInPage({ wanted: path, done });
  },
);

signIn.openapi(
  pageRoute("post", "/account/sign-in", {
    middleware: [jsonBodyLimit, ownForm],
    request: { body: formBody({ key: "rbee_lic_...", return: "/account" }) },
    summary: "Sign in to the account with a license key or an email address",
    description:
      "`key` takes both. A key opens the account of its one license, whatever its status. An address gets a link by email, like " +
      "`POST /account/sign-in/link`.",
    answers: {
      202: "The same page for every email address.",
      403: "The form again, because the key is not valid.",
      422: "The form again, because the email address is not valid.",
      429: "The form again, because of too many invalid keys or too many sign-ins with this key or sender.",
    },
    leadsTo: "The return path, signed in with the key.",
  }),
  async (c) => {
    const { key: sent = "", return: path } = c.req.valid("form");
    const wanted = returnPath("account", path);
    const input = readSignIn(sent);
    if (input.kind === "email") return mailLink(c, wanted, sent, input.text);
    const signedIn = await orRateLimit(signInByKey(c, input.text));
    if (signedIn.ok) return c.redirect(wanted, 303);
    return signInPage({ wanted, fault: { sent, refusal: signedIn.error } });
  },
);

signIn.openapi(
  pageRoute("post", "/account/sign-in/link", {
    middleware: [jsonBodyLimit, ownForm],
    request: { body: formBody({ email: "ada@example.com" }) },
    summary: "Email a link that signs in to the account",
    description: "Like `POST /v1/licenses/recover`, but by a form and answered with a page.",
    answers: {
      202: "The same page for every address.",
      422: "The form again, because the email address is not valid.",
      429: "The form again, because it was sent too often.",
    },
  }),
  async (c) => {
    const { email: sent = "" } = c.req.valid("form");
    return mailLink(c, "/account", sent, sent);
  },
);

signIn.openapi(
  pageRoute("get", "/recover", {
    summary: "Recover lost keys",
    answers: {},
    leadsTo: "The sign-in page. It mails a link to the account, which shows the keys.",
  }),
  (c) => c.redirect("/account/sign-in", 303),
);

/** `POST /account/sign-out`. */
export const signOut = accountRouter();

signOut.openapi(
  accountForm("/account/sign-out", {
    request: { body: formBody({ everywhere: "yes" }) },
    summary: "Sign out of the account",
    description:
      "Ends this session. With `everywhere` it ends every session of this license key, or every session of this email address " +
      "and of its licenses' keys.",
  }),
  async (c) => {
    await endSession(c, "account", c.var.session, c.req.valid("form").everywhere === "yes");
    return c.redirect("/account/sign-in?done=signed-out", 303);
  },
);
