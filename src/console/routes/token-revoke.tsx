import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { endAdminToken, readRevocableToken } from "../../admin/admin-token-act.ts";
import { adminActor } from "../../admin/authentication.ts";
import { pageDocs } from "../../page/page-docs.ts";
import type { ConsoleContext } from "../console-page.tsx";
import {
  behind,
  CONSOLE_REFUSALS,
  createConsoleRouter,
  FORM_REFUSALS,
  formBehind,
  formBody,
} from "../console-router.ts";
import { TokenParams } from "../params.ts";
import { Reason, reasonField } from "../reason-field.tsx";
import { answerAct, askForAct, type TwoStepAct } from "../two-step-act.tsx";

const path = "/admin/tokens/{id}/revoke";

const ask = createRoute({
  method: "get",
  path,
  ...behind("tokens:write"),
  request: { params: TokenParams },
  ...pageDocs({
    summary: "Ask why, before: revoke an admin token",
    answers: { 200: "The form." },
    refusals: [...CONSOLE_REFUSALS, "NOT_FOUND"],
  }),
});

const send = createRoute({
  method: "post",
  path,
  ...formBehind("tokens:write"),
  request: { params: TokenParams, ...formBody({ reason: "its owner has left" }) },
  ...pageDocs({
    summary: "Preview, then do: revoke an admin token",
    description: "Without `idempotency_key` it answers with what would happen.",
    answers: {
      200: "What would happen.",
      409: "The form again: it is the last owner token in force.",
      422: "The form again: something is missing.",
    },
    leadsTo: "The list of tokens.",
    refusals: [...FORM_REFUSALS, "NOT_FOUND"],
  }),
});

const RevokeForm = z.object({ reason: Reason });

export const tokenRevoke = createConsoleRouter();
tokenRevoke.openapi(ask, async (c) => askForAct(c, await revokeAct(c, c.req.valid("param").id)));
tokenRevoke.openapi(send, async (c) => answerAct(c, await revokeAct(c, c.req.valid("param").id)));

async function revokeAct(c: ConsoleContext, id: string): Promise<TwoStepAct<z.output<typeof RevokeForm>>> {
  const admin = adminActor(c);
  const token = await readRevocableToken(c.env.DB, admin, id);
  const isOwn = admin.actor === `token:${id}`;
  return {
    part: "/admin/tokens",
    title: "Revoke this token",
    about: `${token.name} · ${token.scopes.join(", ")}`,
    button: "Revoke it",
    dangerous: true,
    back: "/admin/tokens",
    schema: RevokeForm,
    fields: reasonField,
    preview: () =>
      token.revoked_at === null
        ? [
            "It is refused at once, everywhere: by the API, the command line and the console.",
            "Sessions that were begun with it end with it.",
            ...(isOwn ? ["It is the one that you are signed in with: you are signed out."] : []),
            "It cannot be taken back; another one can be made.",
          ]
        : ["Nothing: it is revoked already."],
    carryOut: async ({ reason }) => {
      await endAdminToken(c.env.DB, admin, id, reason);
      return c.redirect("/admin/tokens?done=revoke", 303);
    },
  };
}
