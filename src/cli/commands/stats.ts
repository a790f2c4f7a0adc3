import type { Command } from "commander";
import * as z from "zod";
import { adminToken, contextOf } from "../context.ts";
import { formatFields, formatTable } from "../table.ts";

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
