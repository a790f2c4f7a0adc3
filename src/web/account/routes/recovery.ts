import { readLicensesByEmail } from "../../../domain/licensing/license/store.ts";
import { ANYONE, createRouter, operation, z } from "../../../platform/http/route.ts";
import { findRecoveryLink, isLive, useRecoveryLink } from "../../../platform/identity/recovery-link.ts";
import { ownForm } from "../../../platform/identity/session/guard.ts";
import { beginSession } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf, newChange } from "../../../platform/storage/ledger.ts";
import { pageRoute } from "../../page/kit.ts";
import { confirmPage, deadLinkPage } from "../pages/sign-in-page.tsx";
import { takeReturn } from "../return-cookie.ts";
import { RECOVERY_ANSWER, RecoveryAddress, requestRecovery } from "../sign-in.ts";

/** `POST /v1/licenses/recover`, `GET` and `POST /recover/{token}`. */
export const recovery = createRouter();

recovery.openapi(
  operation("post", "/v1/licenses/recover", {
    tag: "Licensing",
    summary: "Mail a link to forgotten keys",
    description:
      "Mails a single-use link to an address that has a license. The response is the same for an unknown address. At most ten " +
      "requests a minute from one sender, whatever the address, and five unused mails a day to one address. Further requests " +
      "mail nothing and let the links of that day live for 30 minutes again.",
    access: ANYONE,
    body: z
      .object({ email: RecoveryAddress })
      .strict()
      .openapi("Recovery", { example: { email: "ada@example.com" } }),
    answers: {
      202: [
        "Accepted, for a known and an unknown address.",
        z.object({ detail: z.string().openapi({ example: RECOVERY_ANSWER }) }),
      ],
    },
    refusals: ["RATE_LIMITED"],
  }),
  async (c) => {
    await requestRecovery(c, c.req.valid("json").email);
    c.header("Cache-Control", "no-store");
    return c.json({ detail: RECOVERY_ANSWER }, 202);
  },
);

const PATH = "/recover/{token}";

const params = z.object({
  token: z.string().openapi({
    description: "The token of the link.",
    example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M",
  }),
});

const DEAD_LINK_ANSWERS = {
  403: "This link is not valid.",
  410: "The link was used before or is older than 30 minutes.",
};

recovery.openapi(
  pageRoute("get", PATH, {
    request: { params },
    summary: "Follow the link of a recovery mail",
    description: "A page with one button. The visit does not use up the link, so mail scanners may follow it.",
    answers: { 200: "The page with the button.", ...DEAD_LINK_ANSWERS },
  }),
  async (c) => {
    const link = await findRecoveryLink(c.env.DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    return isLive(link, c.var.now) ? confirmPage() : deadLinkPage("ended");
  },
);

recovery.openapi(
  pageRoute("post", PATH, {
    request: { params },
    middleware: [ownForm],
    summary: "Sign in with the link of a recovery mail",
    description:
      "Uses up the link and signs in to every license of its email address. Of several concurrent requests, one succeeds.",
    answers: DEAD_LINK_ANSWERS,
    leadsTo: "The account, signed in: the page that this browser wanted before, or the first one.",
  }),
  async (c) => {
    const { DB } = c.env;
    const link = await findRecoveryLink(DB, c.req.valid("param").token);
    if (link === null) return deadLinkPage("forged");
    const licenses = (await readLicensesByEmail(DB, link.email)).map(({ id }) => id);
    const actor = actorOf(c, `recovery:${link.id}`);
    const change = newChange(actor, { action: "account.sign-in", subject: link.id, details: { licenses } });
    const root = { table: "recovery_links", id: link.id } as const;
    const session = await beginSession(c, "account", { kind: "mail", subject: link.email }, change, root);
    if (!(await useRecoveryLink(DB, link, change, [session.insert]))) return deadLinkPage("ended");
    await session.handOver();
    return c.redirect(takeReturn(c), 303);
  },
);
