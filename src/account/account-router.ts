import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app.ts";
import { jsonBodyLimit } from "../http/foundation.ts";
import { type CustomerEnv, requireCustomer } from "../session/customer.ts";
import { sessionForm } from "../session/form.ts";

/** A router of pages for who is signed in to the account. */
export const createAccountRouter = (): OpenAPIHono<CustomerEnv> => createRouter<CustomerEnv>();

/** The `middleware` of a page that only shows something. */
export const SIGNED_IN = [requireCustomer];

/** The `middleware` of a page that takes a form. */
export const SIGNED_IN_FORM = [requireCustomer, jsonBodyLimit, sessionForm];

/** Refusals of every form of the account, for `pageDocs`. */
export const FORM_REFUSALS = ["FORM_REFUSED", "MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE"] as const;

/** The `request.body` of a form with these fields. What is wrong with one is said on the page, so any text is taken. */
export const formBody = <Name extends string>(examples: Record<Name, string>) => {
  const fields = Object.entries<string>(examples).map(
    ([name, example]) => [name, z.string().optional().openapi({ example })] as const,
  );
  const schema = z.object(Object.fromEntries(fields) as Record<Name, z.ZodOptional<z.ZodString>>);
  return { content: { "application/x-www-form-urlencoded": { schema } } };
};
