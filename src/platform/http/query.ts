import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { type Layer, layer } from "./layer.ts";
import { Problem, type ProblemCode } from "./problem.ts";

/** The schema behind these middlewares may still refuse a value. */
const INVALID: Layer = { refusals: ["VALIDATION_FAILED"] };

/** A text that no id, number or name of ours is like. */
const ODD_TEXT = " \u0000~ ";

/** The refusals of the parameters in a path: VALIDATION_FAILED, unless their schemas accept any text. */
export const pathRefusals = (params: unknown): readonly ProblemCode[] =>
  params instanceof z.ZodObject && Object.values(params.shape).some((one) => !one.safeParse(ODD_TEXT).success)
    ? ["VALIDATION_FAILED"]
    : [];

/**
 * The declared parameters of `given`, each with the first of its values that is not empty and that its schema accepts.
 * A name in another case, or behind the rest of an `&amp;`, counts, too, but after the name itself. If the schema
 * accepts none of the values, the first stays, so that its fault is told. Parameters that `query` does not declare
 * are left out.
 */
export function firstValid(given: URLSearchParams, query: z.ZodObject): URLSearchParams {
  const kept = new URLSearchParams();
  const entries = [...given].filter(([, value]) => value.trim() !== "");
  for (const [name, schema] of Object.entries<z.ZodType>(query.shape)) {
    const named = entries.filter(([sent]) => sent === name);
    const altered = entries.filter(([sent]) => sent !== name && plainName(sent) === name.toLowerCase());
    const values = [...named, ...altered].map(([, value]) => value);
    const chosen = values.find((value) => schema.safeParse(value).data !== undefined) ?? values[0];
    if (chosen !== undefined) kept.set(name, chosen);
  }
  return kept;
}

/** The name in small letters, without what is left of an `&amp;` that a program has not read as `&`. */
const plainName = (sent: string): string => sent.toLowerCase().replace(/^(?:amp;)+/, "");

/**
 * Gives a page the query that `firstValid` makes of the request's. People come to pages by links that mail programs,
 * advertisements and other sites have altered. Such a link must not cost a buyer the key.
 */
export const forgivingQuery = (query: z.ZodObject): MiddlewareHandler =>
  layer<MiddlewareHandler>(async (c, next) => {
    const url = new URL(c.req.url);
    const search = firstValid(url.searchParams, query).toString();
    if (search !== url.searchParams.toString()) {
      url.search = search;
      c.req.raw = new Request(url, c.req.raw);
    }
    await next();
  }, INVALID);

/**
 * Refuses a declared parameter that is there more than once, because a program means one of the values, and we cannot
 * know which. Parameters that `query` does not declare are ignored. Throws VALIDATION_FAILED.
 */
export const strictQuery = (query: z.ZodObject): MiddlewareHandler =>
  layer<MiddlewareHandler>(async (c, next) => {
    const errors = Object.keys(query.shape)
      .filter((name) => (c.req.queries(name)?.length ?? 0) > 1)
      .map((name) => ({ path: name, message: "was sent more than once; send one value" }));
    const [first] = errors;
    if (first) {
      throw new Problem({
        code: "VALIDATION_FAILED",
        detail: `The parameter ${first.path} was sent more than once. Send one value.`,
        extras: { errors },
      });
    }
    await next();
  }, INVALID);
