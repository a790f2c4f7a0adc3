import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { formatLicenseKey } from "../../licensing/license-key.ts";
import { readLicensesByEmail } from "../../licensing/license-store.ts";
import { licensingSecrets } from "../../licensing/secrets.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { currentTime } from "../../time.ts";
import { findRecoveryLink, isLive, useRecoveryLink } from "../recovery-link-store.ts";
import { confirmPage, deadLinkPage, keysPage } from "../recovery-page.tsx";
import { looksLikeRecoveryToken, recoveryTokenHash } from "../recovery-token.ts";

const about = {
  path: "/recover/{token}",
  request: {
    params: z.object({ token: z.string().openapi({ example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M" }) }),
  },
};

const DEAD_LINK_ANSWERS = {
  403: "This link was never made here.",
  410: "The link has been used or is older than 30 minutes.",
};

const ask = createRoute({
  ...about,
  method: "get",
  ...pageDocs({
    summary: "Follow the link of a recovery mail",
    description: "A page with one button. It uses nothing up, so mail scanners may follow the link.",
    answers: { 200: "The page with the button.", ...DEAD_LINK_ANSWERS },
  }),
});

const show = createRoute({
  ...about,
  method: "post",
  ...pageDocs({
    summary: "Show the keys behind a recovery link",
    description:
      "Uses the link up and shows the licenses of its mail address with their keys. Of several at once, one succeeds.",
    answers: { 200: "The licenses with their keys.", ...DEAD_LINK_ANSWERS },
  }),
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
        const licenseKey = await formatLicenseKey({ licenseId: license.id, generation: license.generation }, keySecret);
        return { license, licenseKey };
      }),
    );
    const ids = licenses.map(({ id }) => id);
    const used = await useRecoveryLink(DB, link, ids, { requestId: c.var.requestId, now });
    return used ? keysPage(keyed, now) : deadLinkPage("ended");
  });
}

const linkOf = async (db: D1Database, token: string) =>
  looksLikeRecoveryToken(token) ? findRecoveryLink(db, await recoveryTokenHash(token)) : null;
