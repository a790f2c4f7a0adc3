import type { Command } from "commander";
import * as z from "zod";
import { adminToken, contextOf, noteNextPage, type PageOptions, withPaging } from "../context.ts";
import { formatFields, formatTable } from "../output.ts";

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

const Counts = z.record(z.string(), z.number());

const Stats = z.looseObject({
  at: z.string(),
  licenses: Counts,
  machines: z.looseObject({ active: z.number() }),
  releases: Counts,
  downloads: z.looseObject({
    total: z.number(),
    last_7_days: z.number(),
    last_30_days: z.number(),
    files: z.array(
      z.looseObject({
        worker_id: z.string(),
        version: z.string(),
        platform: z.string(),
        total: z.number(),
        last_7_days: z.number(),
        last_30_days: z.number(),
      }),
    ),
  }),
  outbox: z.looseObject({ entries: z.number(), oldest_age: z.number().nullable() }),
});

const formatCounts = (counts: z.infer<typeof Counts>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

/** The counts, for people. */
function formatStats({ at, licenses, machines, releases, downloads, outbox }: z.infer<typeof Stats>): string {
  const facts = formatFields([
    ["At", at],
    ["Licenses", formatCounts(licenses)],
    ["Machines", `${machines.active} active`],
    ["Releases", formatCounts(releases)],
    ["Downloads", `${downloads.total}, of them ${downloads.last_30_days} in 30 days, ${downloads.last_7_days} in 7`],
    ["Unpublished", outbox.entries === 0 ? "nothing" : `${outbox.entries} changes, the oldest ${outbox.oldest_age} s`],
  ]);
  if (downloads.files.length === 0) return facts;
  const files = formatTable(
    ["WORKER", "VERSION", "PLATFORM", "TOTAL", "30 DAYS", "7 DAYS"],
    downloads.files.map((file) => [
      file.worker_id,
      file.version,
      file.platform,
      file.total,
      file.last_30_days,
      file.last_7_days,
    ]),
  );
  return `${facts}\n\n${files}`;
}

/** Adds `stats`: licenses, machines, releases and downloads, counted. */
export function addStatsCommand(program: Command): void {
  program
    .command("stats")
    .summary("count licenses, machines, releases and downloads")
    .action(async (_options: object, command: Command) => {
      const context = await contextOf(command);
      const stats = await context.client.json(Stats, { path: "/v1/admin/stats", credential: adminToken(context) });
      context.show(stats, formatStats);
    });
}

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
