import type { Command } from "commander";
import * as z from "zod";
import { adminContextOf, type PageOptions, withPaging } from "../context.ts";
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

/** Adds `audit`, which lists the audit trail. */
export function addAuditCommand(program: Command): void {
  withPaging(program.command("audit"))
    .summary("read the audit trail")
    .description("Lists every change, newest first: time, actor, action, subject and reason.")
    .option("--subject <id>", "only changes of this license, release or token")
    .option("--actor <actor>", "only changes by this actor, such as token:adm_... or license:lic_...")
    .option("--action <action>", "only this action, such as license.revoke")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog audit --subject lic_06b4m2v8w5r7q1t3x9z2k4n6p8")
    .action(async ({ limit, cursor, subject, actor, action }: AuditOptions, command: Command) => {
      const { client, showPage } = await adminContextOf(command);
      const query = { limit, cursor, subject, actor, action };
      showPage(await client.json(AuditPage, { path: "/v1/admin/audit", query }), ({ entries }) =>
        formatTable(
          ["AT", "ACTOR", "ACTION", "SUBJECT", "REASON"],
          entries.map((entry) => [entry.at, entry.actor, entry.action, entry.subject, entry.reason]),
        ),
      );
    });
}

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

/** Adds `stats`, which counts licenses, machines, releases and downloads. */
export function addStatsCommand(program: Command): void {
  program
    .command("stats")
    .summary("count licenses, machines, releases and downloads")
    .action(async (_options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      show(await client.json(Stats, { path: "/v1/admin/stats" }), formatStats);
    });
}

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
      ...[file.worker_id, file.version, file.platform],
      ...[file.total, file.last_30_days, file.last_7_days],
    ]),
  );
  return `${facts}\n\n${files}`;
}

const formatCounts = (counts: z.infer<typeof Counts>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

const Republished = z.looseObject({ records: z.number() });

/** Adds `republish`, which makes the edge copy anew from the ledger. */
export function addRepublishCommand(program: Command): void {
  program
    .command("republish")
    .summary("publish every license and release to the edge again")
    .description(
      "Makes every record of the edge copy again from the ledger: after a restore, or if KV has lost records.",
    )
    .requiredOption("--reason <text>", "the reason for the audit trail; name no person in it")
    .action(async ({ reason }: { reason: string }, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const request = { method: "POST", path: "/v1/admin/republish", body: { reason } } as const;
      show(
        await client.json(Republished, request),
        ({ records }) =>
          `The catalog publishes ${records} records again, 200 a minute: ${Math.ceil(records / 200)} min in all.`,
      );
    });
}
