import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminContextOf } from "../context.ts";
import { formatFields, formatTable } from "../output.ts";

const Event = z.looseObject({
  id: z.string(),
  type: z.string(),
  object_id: z.string().nullable(),
  received_at: z.string(),
  handled_at: z.string().nullable(),
  attempts: z.number(),
  outcome: z.string().nullable(),
  last_error: z.string().nullable(),
});

const EventList = z.looseObject({ events: z.array(Event) });
const EventAnswer = z.looseObject({ event: Event });

/** Adds `events`, which lists and retries the payment events that need attention. */
export function addEventsCommands(program: Command): void {
  const events = program
    .command("events")
    .summary("see payment events that failed or need a person")
    .description("Payment events from Stripe. Without a subcommand, it lists those that are not handled yet.");

  events
    .command("list", { isDefault: true })
    .summary("list events that are not handled yet, or need a person")
    .description("Lists up to 200 payment events that are not handled yet, oldest first.")
    .option("--attention", "list handled events that need a person instead, such as a price without a plan")
    .action(async ({ attention = false }: { attention?: boolean }, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const query = { state: attention ? "attention" : "unhandled" };
      show(await client.json(EventList, { path: "/v1/admin/stripe-events", query }), ({ events: found }) =>
        formatTable(
          ["EVENT", "TYPE", "ABOUT", "RECEIVED", "ATTEMPTS", "OUTCOME"],
          found.map((event) => [
            ...[event.id, event.type, event.object_id],
            ...[event.received_at, event.attempts, event.last_error ?? event.outcome],
          ]),
        ),
      );
    });

  events
    .command("retry")
    .summary("handle an event now, without waiting for the cron")
    .argument("<event>", "the event's id (evt_...)")
    .addHelpText("after", "\nAn event that is handled already does not change.")
    .action(async (id: string, _options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const request = { method: "POST", path: path`/v1/admin/stripe-events/${id}/retry` } as const;
      show(await client.json(EventAnswer, request), ({ event }) =>
        formatFields([
          ["Event", event.id],
          ["Type", event.type],
          ["About", event.object_id],
          ["Handled", event.handled_at ?? "not yet"],
          ["Outcome", event.outcome],
        ]),
      );
    });
}
