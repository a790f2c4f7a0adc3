import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { jsonBodyLimit } from "../../http/foundation.ts";
import { PROBLEMS, Problem } from "../../http/problem.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { formPage, sentPage } from "../recovery-page.tsx";
import { RecoveryAddress, requestRecovery } from "../recovery-request.ts";

const form = createRoute({
  method: "get",
  path: "/recover",
  ...pageDocs({ summary: "Ask for forgotten keys, as a page", answers: { 200: "The form." } }),
});

const send = createRoute({
  method: "post",
  path: "/recover",
  ...pageDocs({
    summary: "Send the form for forgotten keys",
    description: "As `POST /v1/licenses/recover`, from the page and answered by one.",
    answers: {
      202: "The same page for every address.",
      422: "The form again: this is no mail address.",
      429: "The form again: it was sent too often.",
    },
    refusals: ["MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE"],
  }),
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
});

/** Registers `GET` and `POST /recover`. */
export function registerRecoverForm(router: OpenAPIHono<AppEnv>): void {
  router.openapi(form, () => formPage());

  router.openapi(send, async (c) => {
    const { email: sent = "" } = c.req.valid("form");
    const email = RecoveryAddress.safeParse(sent);
    if (!email.success) {
      return formPage({ email: sent, message: "This is not a mail address. Please check it.", status: 422 });
    }
    try {
      await requestRecovery(c, email.data);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "RATE_LIMITED") throw error;
      return formPage({ email: sent, message: error.detail, status: PROBLEMS[error.code].status });
    }
    return sentPage();
  });
}
