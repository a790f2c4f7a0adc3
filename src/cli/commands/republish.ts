import type { Command } from "commander";
import * as z from "zod";
import { adminToken, contextOf } from "../context.ts";

const Answer = z.looseObject({ records: z.number() });

/** Adds `republish`: the edge copy made again from the ledger. */
export function addRepublishCommand(program: Command): void {
  program
    .command("republish")
    .summary("publish every license and release to the edge again")
    .description(
      "Makes every record of the edge copy again from the ledger: after a restore, or when KV has lost something.",
    )
    .requiredOption("--reason <text>", "why, for the audit trail; name nobody in it")
    .action(async ({ reason }: { reason: string }, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(Answer, {
        method: "POST",
        path: "/v1/admin/republish",
        body: { reason },
        credential: adminToken(context),
      });
      context.show(
        answer,
        ({ records }) =>
          `${records} records are published again, 200 a minute: ${Math.ceil(records / 200)} min in all.`,
      );
    });
}
