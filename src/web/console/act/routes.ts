import type { NeededScope } from "../../../platform/config/scopes.ts";
import type { ProblemCode } from "../../../platform/http/problem.ts";
import { createRoute, type OpenAPIHono, type z } from "../../../platform/http/route.ts";
import type { ConsoleEnv } from "../../../platform/identity/session/console.ts";
import { type ConsoleContext, consoleForm, consoleView, createConsoleRouter, formBody } from "../frame.tsx";
import { answerAct, askForAct, type TwoStepAct } from "./two-step-act.tsx";

/** Where an act is offered and to whom, and what its documentation says. */
type ActRoutes<Params extends z.ZodObject, Input> = {
  path: string;
  scope: NeededScope;
  /** What the path names. */
  params: Params;
  /** What it does, as in: the form to `revoke a license`. */
  does: string;
  /** The fields of its form. */
  example: Record<string, string>;
  description?: string;
  /** Answers to the form beside what would happen (200) and the form again (422). */
  answers?: Readonly<Record<number, string>>;
  /** Where it redirects once it is done, if it does. */
  leadsTo?: string;
  /** Refusals of the form and of what it sends: what the path names is not there. */
  missing?: readonly ProblemCode[];
  /** Further refusals of what the form sends. */
  refusals?: readonly ProblemCode[];
  /** The act upon what the path names. Throws the problem of what is not there. */
  actOf: (c: ConsoleContext, params: z.output<Params>) => TwoStepAct<Input> | Promise<TwoStepAct<Input>>;
};

/** The two routes of a two-step act: `GET` shows its form; `POST` shows its preview, and carries it out once confirmed. */
export function actRoutes<Params extends z.ZodObject, Input>(act: ActRoutes<Params, Input>): OpenAPIHono<ConsoleEnv> {
  const { path, scope, does, example, description, leadsTo, actOf, ...rest } = act;
  const { params: named, answers = {}, missing = [], refusals = [] } = rest;
  const params: z.ZodObject = named;
  const ask = createRoute({
    method: "get",
    path,
    request: { params },
    ...consoleView(scope, {
      summary: `The form to ${does}`,
      answers: { 200: "The form." },
      refusals: [...missing],
    }),
  });
  const send = createRoute({
    method: "post",
    path,
    request: { params, ...formBody(example) },
    ...consoleForm(scope, {
      summary: `Preview, then ${does}`,
      description: ["Without `idempotency_key` it answers with what would happen.", description].join(" ").trim(),
      answers: { 200: "What would happen.", 422: "The form again: something is missing or wrong.", ...answers },
      ...(leadsTo !== undefined && { leadsTo }),
      refusals: [...missing, ...refusals],
    }),
  });
  const actIn = (c: ConsoleContext) => actOf(c, named.parse(c.req.param()));
  const router = createConsoleRouter();
  router.openapi(ask, async (c) => askForAct(c, await actIn(c)));
  router.openapi(send, async (c) => answerAct(c, await actIn(c)));
  return router;
}
