import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import type { AdminEnv } from "./authentication.ts";

/** A router of admin operations: its handlers find the admin in `c.var.admin`, put there by `adminAccess(scope)`. */
export const createAdminRouter = (): OpenAPIHono<AdminEnv> => createRouter<AdminEnv>();
