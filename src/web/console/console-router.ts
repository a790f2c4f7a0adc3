import type { MiddlewareHandler } from "hono";
import type { NeededScope } from "../../platform/config/scopes.ts";
import { createRouter, jsonBodyLimit, type OpenAPIHono, z } from "../../platform/http/route.ts";
import { type ConsoleEnv, requireConsole } from "../../platform/identity/session/console.ts";
import { sessionForm } from "../../platform/identity/session/form.ts";
import { FORM_REFUSALS } from "../page/kit.ts";

/** A router of the console's pages. */
export const createConsoleRouter = (): OpenAPIHono<ConsoleEnv> => createRouter<ConsoleEnv>();

/** The `middleware` of a page that only shows something, for who holds `scope` (null: any). */
export const behind = (scope: NeededScope | null): { middleware: MiddlewareHandler<ConsoleEnv>[] } => ({
  middleware: [requireConsole(scope)],
});

/** The `middleware` of a page that takes a form: who may not come in learns nothing of what is wrong with it. */
export const formBehind = (scope: NeededScope | null): { middleware: MiddlewareHandler<ConsoleEnv>[] } => ({
  middleware: [requireConsole(scope), jsonBodyLimit, sessionForm],
});

/**
 * The `request.body` of a form with the fields of `example`. Any text is taken: what is wrong with it is said on the page.
 */
export const formBody = (example: Record<string, string>) => ({
  body: {
    content: {
      "application/x-www-form-urlencoded": {
        schema: z.record(z.string(), z.unknown()).openapi({ example }),
      },
    },
  },
});

/** Refusals of every page of the console, for `pageDocs`. */
export const CONSOLE_REFUSALS = ["INSUFFICIENT_SCOPE"] as const;

/** Refusals of every form of the console, for `pageDocs`. */
export const CONSOLE_FORM_REFUSALS = [...CONSOLE_REFUSALS, ...FORM_REFUSALS] as const;
