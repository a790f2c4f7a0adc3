import { createRouter, jsonBodyLimit, PROBLEMS, Problem, z } from "../../platform/http/route.ts";
import { ACCESS_HEADER, acceptsAccess } from "../../platform/identity/access.ts";
import { type ConsoleEnv, ownForm, signInByToken } from "../../platform/identity/session/guard.ts";
import { currentSession, endSession } from "../../platform/identity/session/lifecycle.ts";
import { returnPath } from "../../platform/identity/session/session.ts";
import { Field, type Page, PostForm, page, pageRoute, SiteHeader } from "../page/kit.ts";
import { consoleForm, formOf, sentForm } from "./kit.ts";

const RETURN_FIELD = "return";
const RETURN_DOCS = { description: "The page to show after signing in.", example: "/admin/licenses" };

const form = pageRoute("get", "/admin/sign-in", {
  request: {
    query: z.object({ [RETURN_FIELD]: z.string().optional().openapi(RETURN_DOCS) }),
  },
  summary: "Sign in to the console, as a page",
  answers: { 200: "The form." },
  leadsTo: "The page in `return`, if the visitor is signed in or comes through Cloudflare Access.",
});

const send = pageRoute("post", "/admin/sign-in", {
  middleware: [jsonBodyLimit, ownForm],
  request: formOf({ token: `rbee_adm_${"A1b2C3d4".repeat(5)}E5f`, [RETURN_FIELD]: "/admin/licenses" }),
  summary: "Send the form to sign in to the console",
  description: "The answer is the same for a wrong, revoked and expired token.",
  answers: { 403: "The form again: the token is not valid.", 429: "The form again: too many invalid tokens." },
  leadsTo: "The page in `return`, signed in.",
});

export const signIn = createRouter<ConsoleEnv>();

signIn.openapi(form, async (c) => {
  const wanted = returnPath("console", c.req.valid("query")[RETURN_FIELD]);
  // Cloudflare Access has signed this person in already, so no form is needed.
  const isKnown = acceptsAccess(c.var.config) && c.req.header(ACCESS_HEADER) !== undefined;
  if (isKnown || (await currentSession(c, "console")) !== null) return c.redirect(wanted, 303);
  return signInPage({ wanted });
});

signIn.openapi(send, async (c) => {
  const { token = "", [RETURN_FIELD]: path } = await sentForm(c);
  const wanted = returnPath("console", path);
  try {
    if (await signInByToken(c, token)) return c.redirect(wanted, 303);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "RATE_LIMITED") throw error;
    return signInPage({
      wanted,
      error: "Too many invalid tokens. Please wait a minute and try again.",
      status: PROBLEMS[error.code].status,
      headers: { "Retry-After": String(error.extras.retry_after) },
    });
  }
  return signInPage({ wanted, error: "This token does not open the console. Please check it.", status: 403 });
});

type SignInPage = { wanted: string; error?: string } & Pick<Page, "status" | "headers">;

function signInPage({ wanted, error, ...answer }: SignInPage): Promise<Response> {
  return page({
    title: "Sign in",
    ...answer,
    header: <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={[]} />,
    main: (
      <>
        <h1>Sign in to the console</h1>
        <PostForm csrf={null} action="/admin/sign-in">
          <input type="hidden" name={RETURN_FIELD} value={wanted} />
          <Field
            name="token"
            label="Admin token"
            hint="It begins with rbee_adm_. An owner creates tokens under Tokens, or with rbee-catalog token create."
            error={error}
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            autofocus
          />
          <button type="submit">Sign in</button>
        </PostForm>
      </>
    ),
  });
}

export const signOut = consoleForm(
  "/admin/sign-out",
  {
    scope: null,
    example: { everywhere: "yes" },
    summary: "Sign out of the console",
    description: "Ends this session, or with `everywhere` all sessions of the same token or person.",
    leadsTo: "The form to sign in.",
  },
  async (c) => {
    const { everywhere } = await sentForm(c);
    await endSession(c, "console", c.var.session, everywhere === "yes");
    return c.redirect("/admin/sign-in", 303);
  },
);
