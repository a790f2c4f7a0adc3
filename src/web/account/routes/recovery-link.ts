import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readLicensesByEmail } from "../../../domain/licensing/license/store.ts";
import { looksLikeSecret } from "../../../lib/credential.ts";
import { currentTime } from "../../../lib/time.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import {
  findRecoveryLink,
  isLive,
  recoveryTokenHash,
  useRecoveryLink,
} from "../../../platform/identity/recovery-link.ts";
import { ownForm } from "../../../platform/identity/session/form.ts";
import { beginSession } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf, newChange } from "../../../platform/storage/ledger.ts";
import { pageDocs } from "../../page/kit.ts";
import { confirmPage, deadLinkPage } from "../pages/sign-in-page.tsx";

const about = {
  path: "/recover/{token}",
  request: {
    params: z.object({
      token: z.string().openapi({
        description: "What makes the link this one.",
        example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M",
      }),
    }),
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

const use = createRoute({
  ...about,
  method: "post",
  middleware: [ownForm],
  ...pageDocs({
    summary: "Sign in with the link of a recovery mail",
    description:
      "Uses the link up and signs in to every license of its mail address. Of several at once, one succeeds.",
    answers: DEAD_LINK_ANSWERS,
    leadsTo: "The account, signed in.",
    refusals: ["FORM_REFUSED"],
  }),
});

/** Registers `GET` and `POST /recover/{token}`. */
export function registerRecoveryLink(router: OpenAPIHono<AppEnv>): void {
  router.openapi(ask, async (c) => {
    const link = await linkOf(c.env.DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    return isLive(link, currentTime()) ? confirmPage() : deadLinkPage("ended");
  });

  router.openapi(use, async (c) => {
    const { DB } = c.env;
    const link = await linkOf(DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    const licenses = (await readLicensesByEmail(DB, link.email)).map(({ id }) => id);
    const actor = actorOf(c, `recovery:${link.id}`);
    const change = newChange(actor, { action: "account.sign-in", subject: link.id, details: { licenses } });
    const root = { table: "recovery_links", id: link.id } as const;
    const session = await beginSession(c, "account", { kind: "mail", subject: link.email }, change, root);
    if (!(await useRecoveryLink(DB, link, change, [session.insert]))) return deadLinkPage("ended");
    await session.handOver();
    return c.redirect("/account", 303);
  });
}

const linkOf = async (db: D1Database, token: string) =>
  looksLikeSecret(token) ? findRecoveryLink(db, await recoveryTokenHash(token)) : null;
