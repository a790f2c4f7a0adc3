import { createRoute, type RouteConfig, type z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { layer, layersOf } from "./layer.ts";
import { Problem, type ProblemCode } from "./problem.ts";
import { BODY_PROBLEMS, problems } from "./problem-schema.ts";
import { pathRefusals, strictQuery } from "./query.ts";

/** The callers that an operation admits: the scheme of their credential, the check of it, and its refusals. */
export type Access = {
  security: Record<string, string[]>[];
  middleware?: Extract<RouteConfig["middleware"], readonly unknown[]>;
  refusals?: readonly ProblemCode[];
};

/** The access of an operation that needs no credential. */
export const ANYONE = { security: [] } satisfies Access;

/** An answer: what it means, the schema of its JSON unless it has no body, and an example. */
type JsonAnswer = readonly [description: string, schema?: z.ZodType, example?: unknown];

/** An operation of the JSON API as a file of routes declares it. */
type Declaration = {
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  /** The JSON body that a caller must send. */
  body?: z.ZodType;
  /** The largest body, in bytes, if it is not 64 KiB. */
  limit?: number;
  /** By status. An answer with a body that is no JSON is written out. */
  answers: Record<number, JsonAnswer | RouteConfig["responses"][number]>;
  /** The problems of this operation itself. Those of `access` and `body` come with them. */
  refusals: readonly ProblemCode[];
};

type Empty = Record<never, never>;

type Part<D, Key extends string, Name extends string = Key> =
  D extends Record<Key, infer Value> ? Record<Name, Value> : Empty;

type Json<Schema> = { content: { "application/json": { schema: Schema } } };

type Answer<A> = A extends readonly [string, infer Schema extends z.ZodType, ...unknown[]]
  ? { description: string } & Json<Schema>
  : A extends readonly unknown[]
    ? { description: string }
    : A;

type Route<Method extends string, Path extends string, D extends Declaration> = {
  method: Method;
  path: Path;
  request: Part<D, "params"> &
    Part<D, "query"> &
    Part<D, "headers"> &
    (D extends { body: infer Body } ? { body: { required: true } & Json<Body> } : Empty);
  responses: { [Status in keyof D["answers"]]: Answer<D["answers"][Status]> } & ReturnType<
    typeof problems<D["refusals"]>
  >;
} & Part<D["access"], "middleware">;

/**
 * The route of a JSON operation, for `router.openapi`: its access, its input, its answers and its refusals. `access`
 * is checked before the body is read.
 */
export function operation<
  const Method extends "get" | "post" | "put" | "delete",
  const Path extends string,
  const D extends Declaration,
>(
  method: Method,
  path: Path,
  { tag, summary, description, access, params, query, headers, body, limit, answers, refusals }: D,
) {
  const bodyLimit = limit === undefined ? jsonBodyLimit : limitBody(limit);
  const middleware = [
    ...(access.middleware ?? []),
    ...(query ? [strictQuery(query)] : []),
    ...(body ? [bodyLimit] : []),
  ];
  const route = {
    method,
    path,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: access.security,
    ...(middleware.length > 0 && { middleware }),
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(body && { body: { required: true, ...json(body) } }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, isJson(answer) ? answerOf(answer) : answer]),
      ),
      ...problems(
        ...new Set([
          ...(access.refusals ?? []),
          ...layersOf(middleware).refusals,
          ...pathRefusals(params),
          ...(body ? BODY_PROBLEMS : []),
          ...refusals,
          // Every write requires that the ledger belongs to this deployment (src/platform/storage/deployment.ts).
          ...(method === "get" ? [] : (["SERVICE_UNAVAILABLE"] as const)),
        ]),
      ),
    },
  };
  return createRoute(route as RouteConfig) as unknown as Route<Method, Path, D> & { getRoutingPath(): string };
}

const json = (schema: z.ZodType, example?: unknown) => ({
  content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } },
});

const isJson = (answer: Declaration["answers"][number]): answer is JsonAnswer => Array.isArray(answer);

const answerOf = ([description, schema, example]: JsonAnswer) => ({
  description,
  ...(schema && json(schema, example)),
});

/** Refuses a body over `maxBytes` with PAYLOAD_TOO_LARGE before reading it all. Not for routes that stream. */
export const limitBody = (maxBytes: number): MiddlewareHandler =>
  layer(
    bodyLimit({
      maxSize: maxBytes,
      onError: () => {
        throw new Problem({ code: "PAYLOAD_TOO_LARGE", detail: `The body may have at most ${maxBytes} bytes.` });
      },
    }),
    { refusals: ["PAYLOAD_TOO_LARGE"] },
  );

/** The limit of a JSON body: 64 KiB. */
export const jsonBodyLimit: MiddlewareHandler = limitBody(64 * 1024);

/**
 * For operations with an optional body. Drops the `Content-Type` of an empty body, which many clients send with every
 * POST, because the validator would require a body of that type.
 */
export const optionalBody: MiddlewareHandler = async (c, next) => {
  const { raw } = c.req;
  if (raw.body === null || raw.headers.get("Content-Length") === "0") {
    const headers = new Headers(raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(raw, { headers });
  }
  await next();
};
