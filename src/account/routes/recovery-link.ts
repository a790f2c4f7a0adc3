import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { problems } from "../../http/problem-schema.ts";
import { formatLicenseKey } from "../../licensing/license-key.ts";
import { readLicensesByEmail } from "../../licensing/license-store.ts";
import { licensingSecrets } from "../../licensing/secrets.ts";
import { currentTime } from "../../time.ts";
import { findRecoveryLink, isLive, useRecoveryLink } from "../recovery-link-store.ts";
import { confirmPage, deadLinkPage, keysPage } from "../recovery-page.ts";
import { looksLikeRecoveryToken, recoveryTokenHash } from "../recovery-token.ts";
import { htmlPage } from "./html-page.ts";

const about = {
  path: "/recover/{token}",
  tags: ["Licensing"],
  security: [],
  request: {
    params: z.object({ token: z.string().openapi({ example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M" }) }),
  },
};

const ask = createRoute({
  ...about,
  method: "get",
  summary: "Follow the link of a recovery mail",
  description: "A page with one button. It uses nothing up, so mail scanners may follow the link.",
  responses: {
    200: htmlPage("The page with the button."),
    403: htmlPage("This link was never made here."),
    410: htmlPage("The link has been used or is older than 30 minutes."),
    ...problems("INTERNAL_ERROR"),
  },
});

const show = createRoute({
  ...about,
  method: "post",
  summary: "Show the keys behind a recovery link",
  description:
    "Uses the link up and shows the licenses of its mail address with their keys. Of several at once, one succeeds.",
  responses: {
    200: htmlPage("The licenses with their keys."),
    403: htmlPage("This link was never made here."),
    410: htmlPage("The link has been used or is older than 30 minutes."),
    ...problems("INTERNAL_ERROR"),
  },
});

/** Registers `GET` and `POST /recover/{token}`. */
export function registerRecoveryLink(router: OpenAPIHono<AppEnv>): void {
  router.openapi(ask, async (c) => {
    const link = await linkOf(c.env.DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    return isLive(link, currentTime()) ? confirmPage() : deadLinkPage("ended");
  });

  router.openapi(show, async (c) => {
    const { DB } = c.env;
    const now = currentTime();
    const link = await linkOf(DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    if (!isLive(link, now)) return deadLinkPage("ended");
    const licenses = await readLicensesByEmail(DB, link.email);
    const { keySecret } = await licensingSecrets(c.var.config);
    const keyed = await Promise.all(
      licenses.map(async (license) => {
        const key = await formatLicenseKey({ licenseId: license.id, generation: license.generation }, keySecret);
        return { license, key };
      }),
    );
    const ids = licenses.map(({ id }) => id);
    const used = await useRecoveryLink(DB, link, ids, { requestId: c.var.requestId, now });
    return used ? keysPage(keyed, now) : deadLinkPage("ended");
  });
}

const linkOf = async (db: D1Database, token: string) =>
  looksLikeRecoveryToken(token) ? findRecoveryLink(db, await recoveryTokenHash(token)) : null;
