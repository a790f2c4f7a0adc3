/**
 * Parts of zod that the Worker never calls: JSON Schema (the API's description is made by another package) and compiled
 * schemas. `alias` in wrangler.toml puts this file in their place, which saves 80 KB of the bundle.
 */
const leftOut = (): never => {
  throw new Error("This part of zod is not in the bundle: see scripts/left-out/zod.ts.");
};

/** The limits in a schema's checks. `minLength` and similar members call it, and the API's description reads those. */
export { aggregateChecks } from "../../node_modules/zod/v4/core/json-schema-processors.js";

/** zod makes a schema's method of what this returns. */
const leftOutMethod = () => leftOut;

class LeftOutError extends Error {}

const allProcessors = {};

const INVALID = Symbol("left out");

export {
  allProcessors,
  INVALID,
  LeftOutError as ZodCompileAsyncError,
  LeftOutError as ZodCompileUnsupportedError,
  leftOut as compile,
  leftOut as extractDefs,
  leftOut as finalize,
  leftOut as fromJSONSchema,
  leftOut as handleUnrepresentable,
  leftOut as initializeContext,
  leftOut as processSchema,
  leftOut as toJSONSchema,
  leftOut as withParser,
  leftOutMethod as createStandardJSONSchemaMethod,
  leftOutMethod as createToJSONSchemaMethod,
};
