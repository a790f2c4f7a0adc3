import type { Command } from "commander";
import * as z from "zod";
import { adminToken, contextOf } from "../context.ts";
import { noteNextPage, type PageOptions, withPaging } from "../paging.ts";
import { formatTable } from "../table.ts";

const AuditPage = z.looseObject({
  entries: z.array(
    z.looseObject({
      at: z.string(),
      actor: z.string(),
      action: z.string(),
      subject: z.string(),
      reason: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

type AuditOptions = PageOptions & { subject?: string; actor?: string; action?: string };

/** Adds `audit`: who did what, when and why. */
export function addAuditCommand(program: Command): void {
  withPaging(program.command("audit"))
    .summary("read the audit trail")
    .description("Who did what to what, when and why; newest first.")
    .option("--subject <id>", "only what happened to this license, release or token")
    .option("--actor <actor>", "only what this one did, such as token:adm_... or license:lic_...")
    .option("--action <action>", "only this kind of act, such as license.revoke")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog audit --subject lic_06b4m2v8w5r7q1t3x9z2k4n6p8")
    .action(async ({ limit, cursor, subject, actor, action }: AuditOptions, command: Command) => {
      const context = await contextOf(command);
      const page = await context.client.json(AuditPage, {
        path: "/v1/admin/audit",
        query: { limit, cursor, subject, actor, action },
        credential: adminToken(context),
      });
      context.show(page, ({ entries }) =>
        formatTable(
          ["AT", "ACTOR", "ACTION", "SUBJECT", "REASON"],
          entries.map((entry) => [entry.at, entry.actor, entry.action, entry.subject, entry.reason]),
        ),
      );
      noteNextPage(context, page.next_cursor);
    });
}
