import * as z from "zod";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { printCsv } from "../csv.ts";
import { day } from "../input.ts";
import { formatFields, formatRows } from "../output.ts";

type AuditOptions = PageOptions & {
  subject?: string;
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
  csv?: true;
};

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

/** Adds `audit` and `stats`. */
export function addAuditCommands(program: CatalogCommand): void {
  program
    .command("audit")
    .paged()
    .summary("read the audit trail")
    .description("Lists every change, newest first: time, actor, action, subject and reason.")
    .option("--subject <id>", "acts on this license, release or token")
    .option("--actor <actor>", "acts by this actor, such as token:adm_... or license:lic_...")
    .option("--action <action>", "this action, such as license.revoke")
    .option("--from <day>", "the first day, in UTC (2026-11-01)", day)
    .option("--to <day>", "the last day, in UTC", day)
    .option("--csv", "print all that match as CSV, for a spreadsheet")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog audit --subject lic_06b4m2v8w5r7q1t3x9z2k4n6p8")
    .runAsAdmin((context, { csv, limit, cursor, ...filter }: AuditOptions) => {
      if (csv) return printCsv(context, "/v1/admin/audit", filter);
      const columns = { AT: "at", ACTOR: "actor", ACTION: "action", SUBJECT: "subject", REASON: "reason" };
      return context.list("/v1/admin/audit", "entries", columns, { ...filter, limit, cursor });
    });

  program.command("stats").runAsAdmin(async ({ client, show }) => {
    show(await client.json(Stats, { path: "/v1/admin/stats" }), formatStats);
  });
}

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
