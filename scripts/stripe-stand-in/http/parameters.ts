import type Stripe from "stripe";
import * as z from "zod";
import { ApiError, missing, refused } from "../api-error.ts";
import type { FormObject } from "./form.ts";

type Shape = Record<string, z.ZodType>;

/**
 * Defines the parameters of one call. A name that the SDK's type lacks is a compile error. A name that is not defined
 * is refused at run time.
 */
export const accept =
  <Params>() =>
  <S extends Shape & { [Name in keyof S]: Name extends keyof Params ? z.ZodType : never }>(shape: S) =>
    z.strictObject(shape);

/** A text of the length that Stripe accepts. */
export const text = z.string().max(5_000);

/** A whole number in a form. */
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, "integer")
  .transform(Number);

/** `true` or `false` in a form. */
export const boolean = z.enum(["true", "false"]).transform((value) => value === "true");

/** Up to 50 names and values. An empty value deletes its name. */
export const metadata = z.union([
  z.literal("").transform(() => ({})),
  z.record(z.string().max(40), z.string().max(500)),
]);

/** An object of parameters inside another. */
export const group = <S extends Shape>(shape: S) => z.strictObject(shape);

/** A time, or a range of times, in Unix seconds. */
export const range = z.union([
  integer,
  z.strictObject({ gt: integer, gte: integer, lt: integer, lte: integer }).partial(),
]);
export type Range = z.output<typeof range>;

/** Whether a time lies in a range. */
export function inRange(at: number, wanted: Range | undefined): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === "number") return at === wanted;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = wanted;
  return at > gt && at >= gte && at < lt && at <= lte;
}

/** The parameters of every list. */
export const paging = { limit: integer.optional(), starting_after: text.optional(), ending_before: text.optional() };

/** Parses a form by the schema. Throws `ApiError` with Stripe's words for unknown, missing or invalid parameters. */
export function readParameters<S extends z.ZodType>(schema: S, form: FormObject): z.output<S> {
  const parsed = schema.safeParse(form);
  if (parsed.success) return parsed.data;
  throw errorOf(parsed.error.issues[0], form);
}

function errorOf(issue: z.core.$ZodIssue | undefined, form: FormObject): ApiError {
  if (!issue) return new ApiError({ message: "Invalid request." });
  const param = nameOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => nameOf([...issue.path, key]));
    return new ApiError({
      code: "parameter_unknown",
      param: names[0],
      message: `Received unknown parameter${names.length > 1 ? "s" : ""}: ${names.join(", ")}`,
    });
  }
  if (valueAt(form, issue.path) === undefined) {
    return new ApiError({ code: "parameter_missing", param, message: `Missing required param: ${param}.` });
  }
  if (issue.message === "integer") {
    return new ApiError({ code: "parameter_invalid_integer", param, message: `Invalid integer: ${param}` });
  }
  if (issue.code === "invalid_union") {
    const inner = issue.errors.flat().find((each) => each.code === "unrecognized_keys");
    if (inner) return errorOf({ ...inner, path: [...issue.path, ...inner.path] }, form);
  }
  return new ApiError({ param, message: `Invalid ${param}: ${issue.message}` });
}

const nameOf = (path: PropertyKey[]): string =>
  path.map((key, index) => (index === 0 ? String(key) : `[${String(key)}]`)).join("");

function valueAt(form: FormObject, path: PropertyKey[]): unknown {
  let value: unknown = form;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

export type Paging = {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
};

/** A complete list, as embedded in objects. */
export const wholeList = <T>(data: T[], url: string): Stripe.ApiList<T> => ({
  object: "list",
  data,
  has_more: false,
  url,
});

/** One page of a list, newest first. `made` is oldest first. The limit is 10 by default and at most 100. */
export function pageOf<T extends { id: string }>(made: readonly T[], paging: Paging, url: string): Stripe.ApiList<T> {
  const { limit = 10, starting_after: after, ending_before: before } = paging;
  if (limit < 1 || limit > 100) throw refused("Invalid limit: it must be from 1 to 100.", undefined, "limit");
  const newestFirst = made.toReversed();
  const indexOf = (id: string, param: string): number => {
    const index = newestFirst.findIndex((each) => each.id === id);
    if (index < 0) throw missing("object", id, param);
    return index;
  };
  const end = before === undefined ? newestFirst.length : indexOf(before, "ending_before");
  const start = after === undefined ? 0 : indexOf(after, "starting_after") + 1;
  // `ending_before` selects the page that ends there, not the first page.
  const from = before === undefined ? start : Math.max(start, end - limit);
  const data = newestFirst.slice(from, Math.min(from + limit, end));
  const has_more = before === undefined ? from + data.length < end : from > start;
  return { object: "list", data, has_more, url };
}
