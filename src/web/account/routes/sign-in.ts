import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { err, ok, type Result } from "../../../lib/result.ts";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { Problem, type Refusal } from "../../../platform/http/problem.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { ownForm } from "../../../platform/identity/session/form.ts";
import { currentSession } from "../../../platform/identity/session/lifecycle.ts";
import { returnPath } from "../../../platform/identity/session/session.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { signInByKey } from "../key-sign-in.ts";
import { sentPage, signInPage } from "../pages/sign-in-page.tsx";
import { RecoveryAddress, requestRecovery } from "../recovery-request.ts";

const form = createRoute({
  method: "get",
  path: "/account/sign-in",
  request: {
    query: z.object({
      return: z.string().optional().openapi({ description: "The page to go on to.", example: "/account" }),
      done: z
        .string()
        .optional()
        .openapi({ description: "What has been done, to be said above the forms.", example: "signed-out" }),
    }),
  },
  ...pageDocs({
    summary: "Sign in to the account, as a page",
    answers: { 200: "The two forms." },
    leadsTo: "Where the visitor wanted to go: signed in already.",
  }),
});

const byKey = createRoute({
  method: "post",
  path: "/account/sign-in",
  middleware: [jsonBodyLimit, ownForm],
  request: { body: formBody({ key: "rbee_lic_...", return: "/account" }) },
  ...pageDocs({
    summary: "Sign in to the account with a license key",
    description: "Opens the account of this one license, whatever its status.",
    answers: {
      403: "The form again: this key opens nothing.",
      429: "The form again: too many false keys, or too many sign-ins with this one.",
    },
    leadsTo: "Where the visitor wanted to go, signed in.",
    refusals: FORM_REFUSALS,
  }),
});

const byMail = createRoute({
  method: "post",
  path: "/account/sign-in/link",
  middleware: [jsonBodyLimit, ownForm],
  request: { body: formBody({ email: "ada@example.com" }) },
  ...pageDocs({
    summary: "Mail a link that signs in to the account",
    description: "As `POST /v1/licenses/recover`, from the page and answered by one.",
    answers: {
      202: "The same page for every address.",
      422: "The form again: this is no mail address.",
      429: "The form again: it was sent too often.",
    },
    refusals: FORM_REFUSALS,
  }),
});

const lostKey = createRoute({
  method: "get",
  path: "/recover",
  ...pageDocs({
    summary: "Where lost keys are asked for",
    answers: {},
    leadsTo: "The page to sign in to the account, which mails a link and shows keys.",
  }),
});

const noAddress: Refusal = {
  code: "VALIDATION_FAILED",
  detail: "This is not a mail address. Please check it.",
};

/** What `work` comes to, or that it was asked for too often. Throws everything else. */
const orRateLimit = <Value>(work: Promise<Result<Value, Refusal>>): Promise<Result<Value, Refusal>> =>
  work.catch((error: unknown) => {
    if (error instanceof Problem && error.code === "RATE_LIMITED") return err(error);
    throw error;
  });

/** Registers `GET` and `POST /account/sign-in`, `POST /account/sign-in/link` and `GET /recover`. */
export function registerSignIn(router: OpenAPIHono<AppEnv>): void {
  router.openapi(form, async (c) => {
    const { return: wanted, done } = c.req.valid("query");
    const path = returnPath("account", wanted);
    if ((await currentSession(c, "account")) !== null) return c.redirect(path, 303);
    return signInPage({ wanted: path, done });
  });

  router.openapi(byKey, async (c) => {
    const { key: sent = "", return: path } = c.req.valid("form");
    const wanted = returnPath("account", path);
    const signedIn = await orRateLimit(signInByKey(c, sent));
    if (signedIn.ok) return c.redirect(wanted, 303);
    return signInPage({ wanted, fault: { field: "key", sent, refusal: signedIn.error } });
  });

  router.openapi(byMail, async (c) => {
    const { email: sent = "" } = c.req.valid("form");
    const again = (refusal: Refusal) => signInPage({ wanted: "/account", fault: { field: "email", sent, refusal } });
    const email = RecoveryAddress.safeParse(sent);
    if (!email.success) return again(noAddress);
    const asked = await orRateLimit(requestRecovery(c, email.data).then(() => ok(null)));
    return asked.ok ? sentPage() : again(asked.error);
  });

  router.openapi(lostKey, (c) => c.redirect("/account/sign-in", 303));
}
