import { z } from "@hono/zod-openapi";
import { endAdminToken, readRevocableToken } from "../../../platform/identity/admin-token-act.ts";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { donePath } from "../done.tsx";
import { ReasonForm, reasonField } from "../reason-field.tsx";
import type { TwoStepAct } from "../two-step-act.tsx";

const TokenParams = z.object({
  id: z.string().openapi({ description: "The token, by its id.", example: "adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

export const tokenRevoke = createConsoleRouter();

registerAct(tokenRevoke, {
  path: "/admin/tokens/{id}/revoke",
  scope: "tokens:write",
  params: TokenParams,
  does: "revoke an admin token",
  example: { reason: "its owner has left" },
  answers: { 409: "The form again: it is the last owner token in force." },
  leadsTo: "The list of tokens.",
  missing: ["NOT_FOUND"],
  actOf: (c, { id }) => revokeAct(c, id),
});

async function revokeAct(c: ConsoleContext, id: string): Promise<TwoStepAct<{ reason: string }>> {
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
    schema: ReasonForm,
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
      return c.redirect(donePath("/admin/tokens", { done: "revoke" }), 303);
    },
  };
}
