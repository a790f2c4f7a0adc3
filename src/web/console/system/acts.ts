import { retryMail } from "../../../domain/mail/backlog.ts";
import { retryEvent } from "../../../domain/purchase/events/handling.ts";
import { logFailure } from "../../../lib/log.ts";
import { createRoute, Problem, z } from "../../../platform/http/route.ts";
import { newChange, recordAct } from "../../../platform/storage/ledger.ts";
import { drainOutbox, republishEverything } from "../../../platform/storage/outbox.ts";
import { actRoutes, adminActor, ReasonForm, settle } from "../act/kit.ts";
import { consoleForm, consoleRouter, formBody } from "../frame.tsx";
import { systemPath } from "./data.ts";

const LEADS_TO = "The system page with the result.";

const params = (description: string, example: string) => z.object({ id: z.string().openapi({ description, example }) });

const eventRetry = createRoute({
  method: "post",
  path: "/admin/system/events/{id}/retry",
  request: { params: params("The event, by Stripe's id.", "evt_1a2B3c"), ...formBody({}) },
  ...consoleForm("licenses:write", {
    summary: "Process a payment event now, by a form",
    leadsTo: LEADS_TO,
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
});

const mail = createRoute({
  method: "post",
  path: "/admin/system/mails/{id}/retry",
  request: { params: params("The mail.", "mail_06b4m2v8w5r7q1t3x9z2k4n6p8"), ...formBody({}) },
  ...consoleForm("licenses:write", {
    summary: "Send a mail now, by a form",
    leadsTo: LEADS_TO,
  }),
});

const publication = createRoute({
  method: "post",
  path: "/admin/system/publish",
  request: formBody({}),
  ...consoleForm("licenses:write", {
    summary: "Publish pending changes now, by a form",
    leadsTo: LEADS_TO,
  }),
});

/** Acts that do at once the work of the cron. */
export const systemRetry = consoleRouter();

systemRetry.openapi(eventRetry, async (c) => {
  const { id } = c.req.valid("param");
  try {
    const { event, changes } = await retryEvent({ env: c.env, config: c.var.config }, adminActor(c), id);
    await settle(c, changes);
    const { handled_at, attention } = event;
    return c.redirect(systemPath(handled_at === null || attention ? "event-failed" : "event-handled"), 303);
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The event keeps the error, and the page shows it.
    logFailure("reconciliation.failed", error, { stripe_event: id, request_id: c.var.requestId });
    return c.redirect(systemPath("event-failed"), 303);
  }
});

systemRetry.openapi(mail, async (c) => {
  try {
    await retryMail(c.env.DB, adminActor(c), c.req.valid("param").id);
  } catch (error) {
    if (error instanceof Problem) return c.redirect(systemPath("mail-kept"), 303);
    throw error;
  }
  await settle(c, { stale: [], mail: true });
  return c.redirect(systemPath("mail-queued"), 303);
});

systemRetry.openapi(publication, async (c) => {
  const admin = adminActor(c);
  await recordAct(c.env.DB, newChange(admin, { action: "outbox.publish", subject: "outbox" }));
  const { failed } = await drainOutbox(c.env, c.var.service.publishers, admin.now);
  return c.redirect(systemPath(failed === 0 ? "published" : "unpublished"), 303);
});

export const systemRepublish = actRoutes({
  path: "/admin/system/republish",
  scope: "owner",
  params: z.object({}),
  does: "publish everything again",
  example: { reason: "the ledger was restored to 3 May" },
  leadsTo: "The system page.",
  schema: ReasonForm,
  actOf: (c) => ({
    title: "Publish everything again",
    about: "Every license and every worker's releases, from the ledger to the edge copy.",
    button: "Publish everything",
    back: "/admin/system",
    preview: () => [
      "Each record in KV is written again from the ledger, up to 200 a minute.",
      "Nothing else changes, and downloads continue.",
      "New changes are usually written at once. If KV fails, they wait until this is finished.",
    ],
    carryOut: async ({ reason }) => {
      await republishEverything(c.env.DB, adminActor(c), reason);
      return c.redirect(systemPath("republished"), 303);
    },
  }),
});
