import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { RECOVERY_ANSWER, RecoveryAddress, requestRecovery } from "../recovery-request.ts";

const route = createRoute({
  method: "post",
  path: "/v1/licenses/recover",
  tags: ["Licensing"],
  summary: "Mail a link to forgotten keys",
  description:
    "Sends a single-use link to a mail address, if it belongs to a license. The answer is the same if it does not. At most " +
    "ten requests a minute from one sender or for one address, and five mails in half an hour to one address.",
  security: [],
  middleware: [jsonBodyLimit],
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z
            .object({ email: RecoveryAddress })
            .strict()
            .openapi("Recovery", { example: { email: "ada@example.com" } }),
        },
      },
    },
  },
  responses: {
    202: {
      description: "Accepted, whether or not the address is known.",
      content: {
        "application/json": { schema: z.object({ detail: z.string().openapi({ example: RECOVERY_ANSWER }) }) },
      },
    },
    ...problems(...BODY_PROBLEMS, "RATE_LIMITED"),
  },
});

/** Registers `POST /v1/licenses/recover`. */
export function registerRecover(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    await requestRecovery(c, c.req.valid("json").email);
    c.header("Cache-Control", "no-store");
    return c.json({ detail: RECOVERY_ANSWER }, 202);
  });
}
