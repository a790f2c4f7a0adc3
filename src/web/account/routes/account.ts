import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { currentTime } from "../../../lib/time.ts";
import { type CustomerEnv, SIGNED_IN } from "../../../platform/identity/session/account.ts";
import { pageDocs } from "../../page/kit.ts";
import { answerWithLicense, wordsFor } from "../license-response.ts";
import { listOwnLicenses, requireOwnLicense } from "../own-licenses.ts";
import { overviewPage } from "../pages/overview-page.tsx";

const overview = createRoute({
  method: "get",
  path: "/account",
  middleware: SIGNED_IN,
  ...pageDocs({
    summary: "The account, as a page",
    answers: { 200: "The license, or a list where there are several." },
    leadsTo: "The page to sign in.",
  }),
});

const one = createRoute({
  method: "get",
  path: "/account/licenses/{id}",
  middleware: SIGNED_IN,
  request: {
    params: LicenseParams,
    query: z.object({
      done: z
        .string()
        .optional()
        .openapi({ description: "What has been done, to be said on the page.", example: "freed" }),
    }),
  },
  ...pageDocs({
    summary: "A license of one's own, as a page",
    answers: { 200: "Everything of it but its key." },
    leadsTo: "The page to sign in.",
    refusals: ["LICENSE_NOT_FOUND"],
  }),
});

/** Registers `GET /account` and `GET /account/licenses/{id}`. */
export function registerAccount(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(overview, async (c) => {
    const licenses = await listOwnLicenses(c.env.DB, c.var.session.by);
    const [only] = licenses;
    if (only && licenses.length === 1) return answerWithLicense(c, only);
    const now = currentTime();
    const listed = await Promise.all(
      licenses.map(async (license) => ({ license, words: await wordsFor(c, license, now) })),
    );
    return overviewPage(listed, c.var.session.csrfToken, now);
  });

  router.openapi(one, async (c) => {
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, license, { done: c.req.valid("query").done });
  });
}
