import * as z from "zod";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { positiveInteger } from "../input.ts";
import { REASON } from "../license-answer.ts";
import { formatFields, formatRows } from "../output.ts";
import { eventNumber } from "./webhooks.ts";

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

/** Adds `events`, `jobs`, `dead-letters` and `republish`, the commands of an operator. */
export function addOperationsCommands(program: CatalogCommand): void {
  const events = program
    .command("events")
    .description(
      "Lists payment events from Stripe (default: unhandled). With --after, lists the acts of the audit trail in the order in " +
        "which your own systems read them.",
    );

  events
    .command("list", { isDefault: true })
    .summary("list payment events (default: unhandled)")
    .description("Lists up to 200 unhandled payment events, oldest first.")
    .option("--attention", "list handled events that need a person, such as a price without a plan")
    .option("--after <number>", "list acts instead, after this number of the sequence", eventNumber)
    .option("--type <type...>", "with --after: only these, such as license.* or release.publish")
    .option("-l, --limit <n>", "with --after: number of entries, 1 to 200", positiveInteger, 50)
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
    .summary("handle an event now")
    .argument("<event>", "the event's id (evt_...)")
    .addHelpText("after", "\nA handled event does not change, unless it needs a person or was ignored.")
    .runAsAdmin(async ({ client, show }, id: string) => {
      const request = { method: "POST", path: path`/v1/admin/stripe-events/${id}/retry` } as const;
      show(await client.json(EventAnswer, request), formatEvent);
    });

  events
    .command("dismiss")
    .summary("remove an event from the lists; no license changes")
    .description("Removes an event that fails or needs a person from the lists. The catalog does not handle it again.")
    .argument("<event>", "the event's id (evt_...)")
    .requiredOption(...REASON)
    .runAsAdmin(async ({ client, show }, id: string, { reason }: { reason: string }) => {
      const dismiss = path`/v1/admin/stripe-events/${id}/dismiss`;
      show(await client.json(EventAnswer, { method: "POST", path: dismiss, body: { reason } }), formatEvent);
    });

  program
    .command("jobs")
    .description("Lists each scheduled job with its last success, its failures and its last error.")
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
    .description("Lists the messages of the queues that failed at every attempt.");

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
      .requiredOption(...REASON)
      .runAsAdmin(async ({ client, show }, id: string, { reason }: { reason: string }) => {
        await client.send({ method: "POST", path: path`/v1/admin/dead-letters/${id}/${act}`, body: { reason } });
        show({ id, act }, () => done);
      });
  }

  program
    .command("republish")
    .description(
      "Writes every record of the edge copy again from the ledger, after a restore or if KV has lost records.",
    )
    .requiredOption(...REASON)
    .runAsAdmin(async ({ client, show }, { reason }: { reason: string }) => {
      const request = { method: "POST", path: "/v1/admin/republish", body: { reason } } as const;
      const started = await client.json(Republished, request);
      show(
        started,
        ({ records }) => `Publishing ${records} records again. \`rbee-catalog jobs\` shows when it is done.`,
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
  if (page.has_more) note(`More results: --after ${page.next_after}`);
}

const formatEvent = ({ event: { id, type, object_id, handled_at, outcome } }: z.infer<typeof EventAnswer>): string =>
  formatFields({ Event: id, Type: type, About: object_id, Handled: handled_at ?? "not yet", Outcome: outcome });
