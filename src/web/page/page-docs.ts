import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { layersOf } from "../../platform/http/layer.ts";
import type { ProblemCode } from "../../platform/http/problem.ts";
import { problems } from "../../platform/http/problem-schema.ts";
import { forgivingQuery, pathRefusals } from "../../platform/http/query.ts";

/** The `request.body` of a form with these fields. It accepts any text, because the page itself reports faults. */
export const formBody = <Name extends string>(examples: Record<Name, string>) => {
  const fields = Object.entries<string>(examples).map(
    ([name, example]) => [name, z.string().optional().openapi({ example })] as const,
  );
  const schema = z.object(Object.fromEntries(fields) as Record<Name, z.ZodOptional<z.ZodString>>);
  return { content: { "application/x-www-form-urlencoded": { schema } } };
};

type Answer = { description: string; content: { "text/html": { schema: z.ZodString } } };

type Redirect = { description: string; headers: typeof LOCATION };

const LOCATION = z.object({ location: z.string().openapi({ example: "/account" }) });

const HTML = z.string().openapi({ example: "<!doctype html>..." });

/** The `responses` entry of `createRoute` for an answer that is a page. */
const htmlAnswer = (description: string): Answer => ({ description, content: { "text/html": { schema: HTML } } });

const contentOf = (answer: object): object =>
  "content" in answer && typeof answer.content === "object" && answer.content !== null ? answer.content : {};

/** The documentation of a page, for the description of the API. */
export type PageDocs = {
  summary: string;
  description?: string;
  /** The pages it answers with, by status. */
  answers?: Readonly<Record<number, string>>;
  /** Where it redirects with 303, if it does. */
  leadsTo?: string;
  /** The problems it throws. Their status may also be in `answers`. */
  refusals?: readonly ProblemCode[];
};

/** The arguments of `createRoute` that describe a page. `middleware`: the layers before it, with their answers. */
function pageDocs(
  { summary, description, answers = {}, leadsTo, refusals = [] }: PageDocs,
  middleware: readonly object[],
) {
  const layers = layersOf(middleware);
  const responses: Record<number, Answer | Redirect | { description: string; content?: object }> = {
    ...problems(...new Set(["INTERNAL_ERROR" as const, ...layers.refusals, ...refusals])),
  };
  const targets = [...(leadsTo === undefined ? [] : [leadsTo]), ...layers.leadsTo];
  if (targets.length > 0) responses[303] = { description: targets.join("\n\n"), headers: LOCATION };
  for (const [status, text] of Object.entries(answers)) {
    const refusal = responses[Number(status)];
    const answer = htmlAnswer(text);
    responses[Number(status)] = refusal
      ? { description: `${text}\n\n${refusal.description}`, content: { ...contentOf(refusal), ...answer.content } }
      : answer;
  }
  return { tags: ["Pages"], summary, ...(description !== undefined && { description }), security: [], responses };
}

/** The parts of a request that a route validates. */
export type PageRequest = NonNullable<RouteConfig["request"]>;

/** A page as a route declares it: its documentation, the parameters and form that it takes, and the checks before. */
export type PageRoute<Request extends PageRequest> = PageDocs & {
  request?: Request;
  middleware?: Extract<RouteConfig["middleware"], readonly unknown[]>;
  /** Answers that are no page. */
  files?: RouteConfig["responses"];
};

/**
 * The route of a page, for `router.openapi`. Its description has the answers of the page itself and of the middleware
 * before it. A query is read by `forgivingQuery`, behind that middleware.
 */
export function pageRoute<
  const Method extends "get" | "post",
  const Path extends string,
  Request extends PageRequest = Record<never, never>,
>(method: Method, path: Path, { request, middleware, files, ...docs }: PageRoute<Request>) {
  const query = request?.query;
  const layers = [...(middleware ?? []), ...(query instanceof z.ZodObject ? [forgivingQuery(query)] : [])];
  const posted = method === "post" ? (["SERVICE_UNAVAILABLE"] as const) : [];
  const { responses, ...rest } = pageDocs(
    { ...docs, refusals: [...posted, ...pathRefusals(request?.params), ...(docs.refusals ?? [])] },
    layers,
  );
  const all = { ...responses, ...files } as typeof responses;
  const route = createRoute({ method, path, request: request ?? ({} as Request), ...rest, responses: all });
  Object.assign(route, layers.length > 0 && { middleware: layers });
  return route;
}
