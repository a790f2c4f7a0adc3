import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { type ActLimits, DEFAULT_ACT_LIMITS } from "../../platform/config/act-limits.ts";
import { unlessDown } from "../../platform/usage/read.ts";
import { readLastBackup } from "../backup/finish.ts";
import { LICENSE_STATUSES } from "../licensing/license/record.ts";
import { countRunTokensSince } from "../publishing/exchange.ts";
import { readActMetrics } from "./act-metrics.ts";
import { readBacklog } from "./backlog.ts";
import { readJobMetrics } from "./job-metrics.ts";
import { readStandings } from "./standings.ts";
import type { Stores } from "./stats.ts";
import { readUsageHistory } from "./usage.ts";

/** A metric for monitoring: one value for each set of labels. Every metric is a gauge. */
export type Metric = {
  name: string;
  help: string;
  samples: { labels: Record<string, string>; value: number }[];
};

const one = (name: string, help: string, value: number): Metric => ({ name, help, samples: [{ labels: {}, value }] });

/** The size at which D1 refuses every write, in bytes. */
export const DATABASE_LIMIT = 10_000_000_000;

/** The size of a database in bytes, as D1 tells it with any answer. Throws D1's errors. */
export async function readSize(db: D1Database): Promise<number> {
  return (await db.prepare("SELECT 1").run()).meta.size_after;
}

/**
 * The metrics at `now`, with the `limits` of admins' acts, from counters, aggregates and indexes. Without the
 * statistics, their samples are absent. Throws the ledger's errors.
 */
export async function readMetrics(
  { DB, STATISTICS }: Stores,
  now: UnixSeconds,
  limits: ActLimits = DEFAULT_ACT_LIMITS,
): Promise<Metric[]> {
  const [standings, backlog, jobs, acts, ledgerBytes, backup, publisherTokens, statistics] = await Promise.all([
    readStandings(DB, now),
    readBacklog(DB),
    readJobMetrics(DB, now),
    readActMetrics(DB, limits, now),
    readSize(DB),
    readLastBackup(DB),
    countRunTokensSince(DB, startOfDay(now)),
    unlessDown(Promise.all([readUsageHistory(STATISTICS, 1, now), readSize(STATISTICS)])),
  ]);
  const [today, statisticsBytes] = statistics ?? [null, null];
  const sizes = { ledger: ledgerBytes, ...(statisticsBytes === null ? {} : { statistics: statisticsBytes }) };
  const age = (at: UnixSeconds | null) => (at === null ? 0 : Math.max(0, now - at));
  const waiting = { outbox: backlog.outbox, mails: backlog.mails, events: backlog.events };
  const queues = Object.entries(waiting);
  return [
    {
      name: "rbee_licenses",
      help: "Licenses by status.",
      samples: LICENSE_STATUSES.map((status) => ({ labels: { status }, value: standings[status] })),
    },
    one("rbee_machines_active", "Activated machines.", standings.machines),
    {
      name: "rbee_downloads_today",
      help: "Downloads since 00:00 UTC, by worker.",
      samples: (today?.downloadsByWorker ?? []).map(({ name, count }) => ({ labels: { worker: name }, value: count })),
    },
    {
      name: "rbee_refusals_today",
      help: "Refused attempts since 00:00 UTC, by area and code.",
      samples: (today?.refusalsByCode ?? []).map(({ name, count }) => {
        const [area = "", code = ""] = name.split(" ");
        return { labels: { area, code }, value: count };
      }),
    },
    one("rbee_publisher_tokens_today", "Tokens given to workflow runs since 00:00 UTC.", publisherTokens),
    {
      name: "rbee_waiting",
      help: "Changes to publish, mails to send and payment events to handle.",
      samples: queues.map(([queue, { waiting }]) => ({ labels: { queue }, value: waiting })),
    },
    {
      name: "rbee_waiting_oldest_seconds",
      help: "Age of the oldest waiting entry.",
      samples: queues.map(([queue, { oldest_at }]) => ({ labels: { queue }, value: age(oldest_at) })),
    },
    one("rbee_mails_given_up", "Mails that are no longer retried.", backlog.mails.given_up),
    one("rbee_events_attention", "Payment events that need a person.", backlog.events.attention),
    one(
      "rbee_cron_age_seconds",
      "Time since the cron last finished; since 1970 if it never did.",
      age(backlog.cron_at),
    ),
    one(
      "rbee_backup_age_seconds",
      "Time since the last backup of the ledger; since 1970 if there is none.",
      age(backup?.at ?? 0),
    ),
    one("rbee_backup_bytes", "Size of the last backup of the ledger.", backup?.bytes ?? 0),
    ...acts,
    ...jobs,
    {
      name: "rbee_database_bytes",
      help: "Size of the database.",
      samples: Object.entries(sizes).map(([database, value]) => ({ labels: { database }, value })),
    },
    one("rbee_database_limit_bytes", "Size at which a database refuses every write.", DATABASE_LIMIT),
    one("rbee_statistics_up", "1 if the statistics answer, else 0. Sales do not need them.", today === null ? 0 : 1),
  ];
}

const escaped = (label: string): string =>
  label.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** Metrics in Prometheus' text exposition format, version 0.0.4. */
export const prometheusText = (metrics: readonly Metric[]): string =>
  metrics
    .map(({ name, help, samples }) => {
      const lines = samples.map(({ labels, value }) => {
        const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
        return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
      });
      return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
    })
    .join("");
