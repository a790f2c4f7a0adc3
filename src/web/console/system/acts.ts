import { retryMail } from "../../../domain/mail/backlog.ts";
import { dismissEvent, requireEvent, retryEvent } from "../../../domain/purchase/events/handling.ts";
import { noteKeyRefusal } from "../../../domain/purchase/key-refusal-note.ts";
import { logFailure } from "../../../lib/log.ts";
import { combine } from "../../../platform/http/route.ts";
import { actOnDeadLetter, LETTER_ACTS } from "../../../platform/jobs/dead-letters.ts";
import { startJob } from "../../../platform/jobs/job.ts";
import { newChange, recordAct } from "../../../platform/storage/ledger.ts";
import { requestRepublication } from "../../../platform/storage/republication.ts";
import { drainOutbox } from "../../../platform/storage/settle.ts";
import {
  actRoutes,
  adminActor,
  type ConsoleContext,
  consoleForm,
  may,
  Problem,
  ReasonForm,
  readForm,
  sentForm,
  settle,
  z,
} from "../kit.ts";
import { type Done, systemPath } from "./data.ts";

const params = (description: string, example: string) => z.object({ id: z.string().openapi({ description, example }) });

const LetterForm = ReasonForm.extend({ act: z.enum(LETTER_ACTS) });

const ACCESS = { scope: "licenses:write", example: {}, leadsTo: "The system page with the result." } as const;

const show = (c: ConsoleContext, done: Done): Response => c.redirect(systemPath(done), 303);

/** Acts that do at once the work of the cron. */
export const systemRetry = combine(
  consoleForm(
    "/admin/system/events/{id}/retry",
    {
      ...ACCESS,
      params: params("The event, by Stripe's id.", "evt_1a2B3c"),
      summary: "Process a payment event now, by a form",
      refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
    },
    async (c, { id }) => {
      try {
        const { event, changes } = await retryEvent({ env: c.env, config: c.var.config }, adminActor(c), id);
        await settle(c, changes);
        return show(c, event.handled_at === null || event.attention ? "event-failed" : "event-handled");
      } catch (error) {
        if (error instanceof Problem) throw error;
        // The event keeps the error, and the page shows it.
        logFailure("reconciliation.failed", error, { stripe_event: id, request_id: c.var.requestId });
        await noteKeyRefusal(c.env.DB, error, c.var.now);
        return show(c, "event-failed");
      }
    },
  ),
  consoleForm(
    "/admin/system/mails/{id}/retry",
    {
      ...ACCESS,
      params: params("The mail.", "mail_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      summary: "Send a mail now, by a form",
    },
    async (c, { id }) => {
      try {
        await retryMail(c.env.DB, adminActor(c), id);
      } catch (error) {
        if (error instanceof Problem) return show(c, "mail-kept");
        throw error;
      }
      await settle(c, { stale: [], mail: true });
      return show(c, "mail-queued");
    },
  ),
  consoleForm(
    "/admin/system/dead-letters/{id}",
    {
      scope: "owner",
      params: params("The dead letter.", "dead_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      example: { act: "retry", reason: "the store is back" },
      leadsTo: "The system page with the result.",
      summary: "Send a dead letter again or drop it, by a form",
      description: "`act` is `retry` or `dismiss`.",
    },
    async (c, { id }) => {
      const form = readForm(LetterForm, await sentForm(c));
      if (!form.ok) return show(c, "letter-kept");
      const { act, reason } = form.value;
      try {
        await actOnDeadLetter(c.env, adminActor(c), id, act, reason);
      } catch (error) {
        if (error instanceof Problem) return show(c, "letter-kept");
        throw error;
      }
      return show(c, act === "retry" ? "letter-sent" : "letter-dismissed");
    },
  ),
  consoleForm("/admin/system/publish", { ...ACCESS, summary: "Publish pending changes now, by a form" }, async (c) => {
    const admin = adminActor(c);
    await recordAct(c.env.DB, newChange(admin, { action: "outbox.publish", subject: "outbox" }));
    const { failed } = await drainOutbox(c.env, c.var.service.publishers, admin.now);
    return show(c, failed === 0 ? "published" : "unpublished");
  }),
);

/** Dismissing a payment event, with a reason. */
export const systemDismiss = actRoutes("/admin/system/events/{id}/dismiss", {
  scope: "licenses:write",
  does: "dismiss a payment event",
  params: params("The event, by Stripe's id.", "evt_1a2B3c"),
  example: { reason: "sold in the old shop, which has its own licenses" },
  leadsTo: "The system page with the result.",
  schema: ReasonForm,
  missing: ["NOT_FOUND"],
  actOf: async (c, { id }) => ({
    title: "Dismiss a payment event",
    about: `${id}, ${(await requireEvent(c.env.DB, id)).type}`,
    button: "Dismiss it",
    back: may(c, "stats:read") ? "/admin/system" : "/admin",
    preview: () => [
      "The event leaves the list, and is not processed again.",
      "No license changes. If the event was about a paid purchase, the buyer gets no license by it.",
    ],
    carryOut: async ({ reason }) => {
      await dismissEvent(c.env.DB, adminActor(c), id, reason);
      return show(c, "event-dismissed");
    },
  }),
});

export const systemRepublish = actRoutes("/admin/system/republish", {
  scope: "owner",
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
      "A job writes each record in KV again from the ledger, some thousand a minute.",
      "Nothing else changes, and downloads continue.",
      "New changes, revocations and blocks do not wait for it.",
    ],
    carryOut: async ({ reason }) => {
      const admin = adminActor(c);
      const { changeId } = await requestRepublication(c.env.DB, admin, reason);
      await startJob(c.env, "republish", admin.now, { subject: changeId });
      return show(c, "republished");
    },
  }),
});
