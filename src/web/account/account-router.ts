import { createRouter, jsonBodyLimit, type OpenAPIHono } from "../../platform/http/route.ts";
import { type CustomerEnv, requireCustomer } from "../../platform/identity/session/customer.ts";
import { sessionForm } from "../../platform/identity/session/form.ts";

/** A router of pages for who is signed in to the account. */
export const createAccountRouter = (): OpenAPIHono<CustomerEnv> => createRouter<CustomerEnv>();

/** The `middleware` of a page that only shows something. */
export const SIGNED_IN = [requireCustomer];

/** The `middleware` of a page that takes a form. */
export const SIGNED_IN_FORM = [requireCustomer, jsonBodyLimit, sessionForm];
