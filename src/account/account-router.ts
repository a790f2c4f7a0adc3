import type { OpenAPIHono } from "@hono/zod-openapi";
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
