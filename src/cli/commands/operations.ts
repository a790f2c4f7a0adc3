import * as z from "zod";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, Context, PageOptions } from "../command.ts";
import { positiveInteger } from "../input.ts";
import { formatFields, formatRows } from "../output.ts";
import { eventNumber } from "./webhooks.ts";

type AuditOptions = PageOptions & { subject?: string; actor?: string; action?: string };

const Counts = z.record(z.string(), z.number());
const Downloads = z.looseObject({ total: z.number(), last_7_days: z.number(), last_30_days: z.number() });

const Stats = z.looseObject({
  at: z.string(),
  licenses: Counts,
  machines: z.looseObject({ active: z.number() }),
  releases: Counts,
  downloads: Downloads.extend({
    files: z.array(Downloads.extend({ worker_id: z.string(), version: z.string(), platform: z.string() })),
  }),
  outbox: z.looseObject({ entries: z.number(), oldest_age: z.number().nullable() }),
});

const Republished = z.looseObject({ records: z.number() });

const EventAnswer = z.looseObject({ event: z.looseObject({ id: z.string(), handled_at: z.string().nullable() }) });

const SequenceEvent = z.looseObject({
  sequence: z.number(),
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({ subject: z.string(), actor: z.string(), reason: z.string().nullable() }),
});
type SequenceEvent = z.infer<typeof SequenceEvent>;

const EventPage = z.looseObject({
  events: z.array(SequenceEvent),
  forgotten: z.array(z.looseObject({ from: z.number(), to: z.number() })),
  next_after: z.number(),
  has_more: z.boolean(),
});

type EventOptions = { attention?: true; after?: number; type?: string[]; limit: number };

/** Adds `events`, `audit`, `stats`, `jobs`, `dead-letters` and `republish`, the commands of an operator. */
export function addOperationsCommands(program: CatalogCommand): void {
  const events = program
    .command("events")
    .summary("see payment events that failed, or follow every act")
    .description(
      "Payment events from Stripe. Without a subcommand, it lists those that are not handled yet. With --after, it lists the " +
        "acts of the audit trail as your own systems read them.",
    );

  events
    .command("list", { isDefault: true })
    .summary("list events that are not handled yet, or need a person")
    .description("Lists up to 200 payment events that are not handled yet, oldest first.")
    .option("--attention", "list handled events that need a person instead, such as a price without a plan")
    .option("--after <number>", "list acts instead, after this number of the sequence", eventNumber)
    .option("--type <type...>", "with --after: only these, such as license.* or release.publish")
    .option("--limit <n>", "with --after: how many at most, 1 to 200", positiveInteger, 50)
    .runAsAdmin((context, { attention, ...sequence }: EventOptions) => {
      if (sequence.after !== undefined) return listSequence(context, sequence.after, sequence);
      const { list } = context;
      const columns = { EVENT: "id", TYPE: "type", ABOUT: "object_id", RECEIVED: "received_at", ATTEMPTS: "attempts" };
      const outcome = (event: Record<string, unknown>) => event["last_error"] ?? event["outcome"];
      const query = { state: attention ? "attention" : "unhandled" };
      return list("/v1/admin/stripe-events", "events", { ...columns, OUTCOME: outcome }, query);
    });

  events
    .command("retry")
    .summary("handle an event now, without waiting for the cron")
    .argument("<event>", "the event's id (evt_...)")
    .addHelpText(
      "after",
      "\nAn event that is handled already does not change, unless it needs a person\nor was ignored.",
    )
    .runAsAdmin(async ({ client, show }, id: string) => {
      const request = { method: "POST", path: path`/v1/admin/stripe-events/${id}/retry` } as const;
      show(await client.json(EventAnswer, request), formatEvent);
    });

  events
    .command("dismiss")
    .summary("take an event off the lists, without any effect on licenses")
    .description("Takes an event that fails or needs a person off the lists. The catalog does not handle it again.")
    .argument("<event>", "the event's id (evt_...)")
    .requiredOption("--reason <text>", "the reason for the audit trail; name no person in it")
    .runAsAdmin(async ({ client, show }, id: string, { reason }: { reason: string }) => {
      const dismiss = path`/v1/admin/stripe-events/${id}/dismiss`;
      show(await client.json(EventAnswer, { method: "POST", path: dismiss, body: { reason } }), formatEvent);
    });

  program
    .command("audit")
    .paged()
    .summary("read the audit trail")
    .description("Lists every change, newest first: time, actor, action, subject and reason.")
    .option("--subject <id>", "only changes of this license, release or token")
    .option("--actor <actor>", "only changes by this actor, such as token:adm_... or license:lic_...")
    .option("--action <action>", "only this action, such as license.revoke")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog audit --subject lic_06b4m2v8w5r7q1t3x9z2k4n6p8")
    .runAsAdmin(({ list }, options: AuditOptions) => {
      const columns = { AT: "at", ACTOR: "actor", ACTION: "action", SUBJECT: "subject", REASON: "reason" };
      return list("/v1/admin/audit", "entries", columns, options);
    });

  program
    .command("stats")
    .summary("count licenses, machines, releases and downloads")
    .runAsAdmin(async ({ client, show }) => {
      show(await client.json(Stats, { path: "/v1/admin/stats" }), formatStats);
    });

  program
    .command("jobs")
    .summary("see how the jobs of the cron fared")
    .description("Lists each job with its last success, its last failure and its error.")
    .runAsAdmin(({ list }) => {
      const columns = {
        JOB: "name",
        SUCCESS: "finished_at",
        MS: "duration_ms",
        FAILURES: "failures",
        ERROR: "last_error",
      };
      return list("/v1/admin/jobs", "jobs", columns, {});
    });

  const letters = program
    .command("dead-letters")
    .summary("see messages that could not be worked off")
    .description("Messages of the queues that every attempt failed for. Without a subcommand, it lists them.");

  letters
    .command("list", { isDefault: true })
    .summary("list the messages, newest first")
    .runAsAdmin(({ list }) => {
      const columns = { ID: "id", KIND: "kind", SUBJECT: "subject", TIMES: "count", LAST: "last_at", REASON: "reason" };
      return list("/v1/admin/dead-letters", "dead_letters", columns, {});
    });

  for (const [act, summary, done] of [
    ["retry", "send a message to its queue again", "The message is in its queue again."],
    ["dismiss", "drop a message", "The message is dropped."],
  ] as const) {
    letters
      .command(act)
      .summary(summary)
      .argument("<id>", "the letter's id (dead_...)")
      .requiredOption("--reason <text>", "the reason for the audit trail; name no person in it")
      .runAsAdmin(async ({ client, show }, id: string, { reason }: { reason: string }) => {
        await client.send({ method: "POST", path: path`/v1/admin/dead-letters/${id}/${act}`, body: { reason } });
        show({ id, act }, () => done);
      });
  }

  program
    .command("republish")
    .summary("publish every license and release to the edge again")
    .description(
      "Makes every record of the edge copy again from the ledger: after a restore, or if KV has lost records.",
    )
    .requiredOption("--reason <text>", "the reason for the audit trail; name no person in it")
    .runAsAdmin(async ({ client, show }, { reason }: { reason: string }) => {
      const request = { method: "POST", path: "/v1/admin/republish", body: { reason } } as const;
      const started = await client.json(Republished, request);
      show(
        started,
        ({ records }) => `A job publishes ${records} records again. \`rbee-catalog jobs\` shows when it is done.`,
      );
    });
}

/** Lists acts by their number, oldest first, and notes what retention has deleted and how to continue. */
async function listSequence(
  { client, show, note }: Context,
  after: number,
  { type, limit }: Pick<EventOptions, "type" | "limit">,
): Promise<void> {
  const query = { after, limit, type: type?.join(",") };
  const page = await client.json(EventPage, { path: "/v1/admin/events", query });
  const columns = {
    ...{ EVENT: "sequence", AT: "timestamp", TYPE: "type" },
    SUBJECT: ({ data }: SequenceEvent) => data.subject,
    ACTOR: ({ data }: SequenceEvent) => data.actor,
    REASON: ({ data }: SequenceEvent) => data.reason,
  } as const;
  show(page, ({ events }) => formatRows(events, columns));
  for (const { from, to } of page.forgotten) note(`Deleted by retention: ${from === to ? from : `${from} to ${to}`}`);
  if (page.has_more) note(`There is more: --after ${page.next_after}`);
}

const formatEvent = ({ event: { id, type, object_id, handled_at, outcome } }: z.infer<typeof EventAnswer>): string =>
  formatFields({ Event: id, Type: type, About: object_id, Handled: handled_at ?? "not yet", Outcome: outcome });

function formatStats({ at, licenses, machines, releases, downloads, outbox }: z.infer<typeof Stats>): string {
  const { total, last_30_days, last_7_days, files } = downloads;
  const facts = formatFields({
    At: at,
    Licenses: formatCounts(licenses),
    Machines: `${machines.active} active`,
    Releases: formatCounts(releases),
    Downloads: `${total}, of them ${last_30_days} in 30 days, ${last_7_days} in 7`,
    Unpublished: outbox.entries === 0 ? "nothing" : `${outbox.entries} changes, the oldest ${outbox.oldest_age} s`,
  });
  if (files.length === 0) return facts;
  const columns = { WORKER: "worker_id", VERSION: "version", PLATFORM: "platform" };
  const counts = { TOTAL: "total", "30 DAYS": "last_30_days", "7 DAYS": "last_7_days" };
  return `${facts}\n\n${formatRows(files, { ...columns, ...counts })}`;
}

const formatCounts = (counts: z.infer<typeof Counts>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
