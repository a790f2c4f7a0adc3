import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { jsonBodyLimit } from "../../http/foundation.ts";
import { PROBLEMS, Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { formPage, sentPage } from "../recovery-page.ts";
import { RecoveryAddress, requestRecovery } from "../recovery-request.ts";
import { htmlPage } from "./html-page.ts";

const form = createRoute({
  method: "get",
  path: "/recover",
  tags: ["Licensing"],
  summary: "Ask for forgotten keys, as a page",
  security: [],
  responses: { 200: htmlPage("The form."), ...problems("INTERNAL_ERROR") },
});

const send = createRoute({
  method: "post",
  path: "/recover",
  tags: ["Licensing"],
  summary: "Send the form for forgotten keys",
  description: "As `POST /v1/licenses/recover`, from the page and answered by one.",
  security: [],
  middleware: [jsonBodyLimit],
  request: {
    body: {
      content: {
        "application/x-www-form-urlencoded": {
          // What is wrong with it is said on the page, not by a problem.
          schema: z.object({ email: z.string().optional().openapi({ example: "ada@example.com" }) }),
        },
      },
    },
  },
  responses: {
    202: htmlPage("The same page for every address."),
    422: htmlPage("The form again: this is no mail address."),
    429: htmlPage("The form again: it was sent too often."),
    ...problems("MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE"),
  },
});

/** Registers `GET` and `POST /recover`. */
export function registerRecoverForm(router: OpenAPIHono<AppEnv>): void {
  router.openapi(form, () => formPage());

  router.openapi(send, async (c) => {
    const email = RecoveryAddress.safeParse(c.req.valid("form").email);
    if (!email.success) return formPage({ message: "This is not a mail address. Please check it.", status: 422 });
    try {
      await requestRecovery(c, email.data);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "RATE_LIMITED") throw error;
      return formPage({ message: error.detail, status: PROBLEMS[error.code].status });
    }
    return sentPage();
  });
}
