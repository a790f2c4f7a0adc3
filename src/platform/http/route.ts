/** What a file of routes needs of HTTP, through one door: declare an operation, refuse, and describe its refusals. */
export { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
export { jsonBodyLimit, limitBody } from "./foundation.ts";
export { LICENSE_SECURITY } from "./openapi-vocabulary.ts";
export { Problem, type Refusal } from "./problem.ts";
export { BODY_PROBLEMS, problems } from "./problem-schema.ts";
export { type AppContext, type AppEnv, combine, createRouter, type RequestScope } from "./router.ts";
