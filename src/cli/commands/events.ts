import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminToken, contextOf } from "../context.ts";
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

/** Adds `events`: what Stripe has told, and a person should see. */
export function addEventsCommands(program: Command): void {
  const events = program
    .command("events")
    .summary("see payment events that failed or need a person")
    .description("Payment events. Without a word more, those that could not be handled yet.");

  events
    .command("list", { isDefault: true })
    .summary("list events that are not handled yet, or need a person")
    .description("Lists up to 200 payment events, oldest first: those that could not be handled yet.")
    .option("--attention", "instead those that were handled and need a person, such as a price that no plan has")
    .action(async ({ attention = false }: { attention?: boolean }, command: Command) => {
      const context = await contextOf(command);
      const list = await context.client.json(EventList, {
        path: "/v1/admin/stripe-events",
        query: { state: attention ? "attention" : "unhandled" },
        credential: adminToken(context),
      });
      context.show(list, ({ events: found }) =>
        formatTable(
          ["EVENT", "TYPE", "ABOUT", "RECEIVED", "ATTEMPTS", "OUTCOME"],
          found.map((event) => [
            event.id,
            event.type,
            event.object_id,
            event.received_at,
            event.attempts,
            event.last_error ?? event.outcome,
          ]),
        ),
      );
    });

  events
    .command("retry")
    .summary("handle an event now, without waiting for the cron")
    .argument("<event>", "its id (evt_...)")
    .addHelpText("after", "\nAn event that has been handled stays as it is.")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(EventAnswer, {
        method: "POST",
        path: path`/v1/admin/stripe-events/${id}/retry`,
        credential: adminToken(context),
      });
      context.show(answer, ({ event }) =>
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
