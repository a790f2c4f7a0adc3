/** The one door to HTTP for a file of routes: declare an operation, validate, refuse, describe refusals and answer. */
export { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
export { documentResponse, etagOf, namesEtag, PUBLIC_CACHE_CONTROL, staticDocument } from "./document.ts";
export { documentRoute } from "./document-route.ts";
export { layersOf } from "./layer.ts";
export { LICENSE_SECURITY } from "./openapi.ts";
export { ANYONE, jsonBodyLimit, limitBody, operation, optionalBody } from "./operation.ts";
export { publicCors } from "./origin.ts";
export { PROBLEMS, Problem, type Refusal, waitHeaders } from "./problem.ts";
export { BODY_PROBLEMS, problems } from "./problem-schema.ts";
export { forgivingQuery } from "./query.ts";
export { type AppContext, type AppEnv, combine, createRouter, type RequestScope } from "./router.ts";
export { forApi, NextCursor, optionalChoice, PageQuery, page, Timestamp, unlessEmpty } from "./schemas.ts";
