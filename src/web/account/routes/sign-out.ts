import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { type CustomerEnv, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { endSession } from "../../../platform/identity/session/lifecycle.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";

const route = createRoute({
  method: "post",
  path: "/account/sign-out",
  middleware: SIGNED_IN_FORM,
  request: { body: formBody({ everywhere: "yes" }) },
  ...pageDocs({
    summary: "Sign out of the account",
    description:
      "This session; with `everywhere`, each one that was begun with this license key, or for a mail address each of its own " +
      "and of its licenses' keys.",
    answers: {},
    leadsTo: "The page to sign in.",
    refusals: FORM_REFUSALS,
  }),
});

/** Registers `POST /account/sign-out`. */
export function registerSignOut(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(route, async (c) => {
    await endSession(c, "account", c.var.session, c.req.valid("form").everywhere === "yes");
    return c.redirect("/account/sign-in?done=signed-out", 303);
  });
}
