import { createRoute, z } from "@hono/zod-openapi";
import { currentTime } from "../../../lib/time.ts";
import { Notice, pageDocs } from "../../page/kit.ts";
import { consolePage } from "../console-page.tsx";
import { behind, CONSOLE_REFUSALS, createConsoleRouter } from "../console-router.ts";
import { DONE, type Done } from "../system/done.ts";
import { readSystem } from "../system/system-data.ts";
import { SystemBody } from "../system/system-page.tsx";

const route = createRoute({
  method: "get",
  path: "/admin/system",
  ...behind("stats:read"),
  request: {
    query: z.object({
      done: z
        .enum(Object.keys(DONE) as [Done, ...Done[]])
        .optional()
        .openapi({ param: { description: "The act that led here." }, example: "event-handled" }),
    }),
  },
  ...pageDocs({
    summary: "Show how the service does",
    description: "Health of its stores, what waits to be done, recurring work, migrations and configuration.",
    answers: { 200: "The page." },
    refusals: [...CONSOLE_REFUSALS, "VALIDATION_FAILED"],
  }),
});

export const systemRead = createConsoleRouter();

systemRead.openapi(route, async (c) => {
  const { done } = c.req.valid("query");
  const data = await readSystem(c.env);
  return consolePage(c, {
    part: "/admin/system",
    title: "System",
    main: (
      <>
        {done === undefined ? null : <Notice tone={DONE[done].tone}>{DONE[done].text}</Notice>}
        <SystemBody c={c} data={data} now={currentTime()} />
      </>
    ),
  });
});
