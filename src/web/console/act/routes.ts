import type { NeededScope } from "../../../platform/config/scopes.ts";
import type { ProblemCode } from "../../../platform/http/problem.ts";
import { createRoute, type OpenAPIHono, type z } from "../../../platform/http/route.ts";
import type { ConsoleEnv } from "../../../platform/identity/session/console.ts";
import { type ConsoleContext, consoleForm, consoleRouter, consoleView, formBody } from "../frame.tsx";
import { answerAct, askForAct, type TwoStepAct } from "./two-step-act.tsx";

/** The path, access and documentation of an act. */
type ActRoutes<Params extends z.ZodObject, Input> = {
  path: string;
  scope: NeededScope;
  /** The parameters of the path. */
  params: Params;
  /** The act as a verb phrase, for "the form to ...": `revoke a license`. */
  does: string;
  /** An example of the form. */
  example: Record<string, string>;
  description?: string;
  /** Answers to the form by status, beside the preview (200) and the form with its faults (422). */
  answers?: Readonly<Record<number, string>>;
  /** Describes the page it redirects to, if it redirects. */
  leadsTo?: string;
  /** Refusals if the thing that the path names does not exist. */
  missing?: readonly ProblemCode[];
  /** Further refusals of the sent form. */
  refusals?: readonly ProblemCode[];
  /** The schema of the form. */
  schema: z.ZodType<Input>;
  /** The act on the thing that the path names. Throws a Problem if there is no such thing. */
  actOf: (c: ConsoleContext, params: z.output<Params>) => TwoStepAct<Input> | Promise<TwoStepAct<Input>>;
};

/**
 * The two routes of a two-step act: `GET` shows its form; `POST` shows the preview, and carries it out once
 * confirmed.
 */
export function actRoutes<Params extends z.ZodObject, Input>(act: ActRoutes<Params, Input>): OpenAPIHono<ConsoleEnv> {
  const { path, scope, does, example, description, leadsTo, schema, actOf, ...rest } = act;
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
      description: ["Without `idempotency_key` it answers with a preview.", description].join(" ").trim(),
      answers: { 200: "The preview.", 422: "The form again, with its faults.", ...answers },
      ...(leadsTo !== undefined && { leadsTo }),
      refusals: [...missing, ...refusals],
    }),
  });
  const actIn = (c: ConsoleContext) => actOf(c, named.parse(c.req.param()));
  const router = consoleRouter();
  router.openapi(ask, async (c) => askForAct(c, await actIn(c)));
  router.openapi(send, async (c) => answerAct(c, await actIn(c), schema));
  return router;
}
