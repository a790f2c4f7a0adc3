import { createRoute } from "@hono/zod-openapi";
import { pageDocs } from "../../page/page-docs.ts";
import { firstPart } from "../console-page.tsx";
import { behind, CONSOLE_REFUSALS, createConsoleRouter } from "../console-router.ts";

const route = createRoute({
  method: "get",
  path: "/admin",
  ...behind(null),
  ...pageDocs({
    summary: "Enter the console",
    answers: {},
    leadsTo: "The first part of it that the visitor may see.",
    refusals: CONSOLE_REFUSALS,
  }),
});

export const home = createConsoleRouter();
home.openapi(route, (c) => c.redirect(firstPart(c), 303));
