import { type OpenApiDocument, openApiDocument } from "../../platform/http/openapi.ts";
import type { AppEnv, OpenAPIHono } from "../../platform/http/route.ts";
import { operationIdOf } from "./operation-ids.ts";

/** The description of all operations of `app` at `publicUrl`, each with its name. */
export const apiDescription = (app: OpenAPIHono<AppEnv>, publicUrl: string): OpenApiDocument =>
  openApiDocument(app, publicUrl, operationIdOf);
