import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { jobs } from "../../../src/cron.ts";
import { readMetrics } from "../../../src/domain/figures/metrics.ts";
import { listedStatuses } from "../../../src/domain/licensing/token/status-store.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { firstMessage } from "../../../src/platform/jobs/job.ts";
import { LICENSE_DOWNLOAD_TABLES } from "../../../src/platform/usage/partition.ts";
import { readFileCounts } from "../../../src/platform/usage/read.ts";
import { HeldQueue, runCronAndJobs } from "../../support/jobs.ts";
import { activate, issueLicense } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";
import { download, record } from "../../support/usage-fixture.ts";

const { bought, shopEnv } = await openShop();

/** The tables that grow with sales or with use. The others have a row for a worker, a day, a job or waiting work. */
const GROWING: readonly string[] = [
  ...[
    "licenses",
    "license_charges",
    "addresses",
    "address_parts",
    "machines",
    "machine_activations",
    "spent_status_indices",
    "orders",
    "payments",
    "audit",
    "idempotency_keys",
  ],
  ...["stripe_events", "stripe_event_licenses", "mails", "mail_opt_outs", "sessions", "recovery_links"],
  ...["download_days", "license_refusals", "license_places", ...LICENSE_DOWNLOAD_TABLES],
];

/** The indexes of waiting work: a scan of one reads no finished row. */
const WAITING =
  /USING (COVERING )?INDEX (licenses_customer_email_due|mails_due|mails_given_up|stripe_events_unhandled|stripe_events_attention)$/;

/** A database that notes each statement that is prepared for it. */
function noting(db: D1Database, noted: Set<string>): D1Database {
  return new Proxy(db, {
    get: (target, name: keyof D1Database) =>
      name === "prepare"
        ? (sql: string) => {
            noted.add(sql);
            return target.prepare(sql);
          }
        : target[name].bind(target),
  });
}

/** The steps of a statement's plan that read a whole growing table. */
async function scansOf(db: D1Database, sql: string): Promise<string[]> {
  const numbered = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  const count = numbered.length > 0 ? Math.max(...numbered) : (sql.match(/\?/g) ?? []).length;
  const { results } = await db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...Array.from({ length: count }, () => null))
    .all<{ detail: string }>();
  return results
    .map(({ detail }) => detail)
    .filter((detail) => {
      const [, table = ""] = /^SCAN (\w+)/.exec(detail) ?? [];
      return GROWING.includes(table) && !WAITING.test(detail);
    });
}

it("jobs of the cron, the metrics and the public figures: no statement reads a whole table that grows", async () => {
  await bought("premium-monthly");
  const { id, key } = await issueLicense();
  await activate(key, "m", { offline: true });
  await record(download(1), download(2, { license_id: id, place: { country: "NL", network: 1 } }));
  const ledger = new Set<string>();
  const statistics = new Set<string>();
  const noted = { ...shopEnv, DB: noting(env.DB, ledger), STATISTICS: noting(env.STATISTICS, statistics) };
  const now = currentTime();
  await runCronAndJobs(noted, (now - (now % DAY)) * 1000);
  const queue = new HeldQueue();
  // A backup copies the whole ledger, once a day and page by page.
  for (const { name } of jobs) if (name !== "backup") queue.waiting.push(firstMessage(name, now - (now % 60)));
  await queue.deliverAll({ ...noted, JOBS: queue.binding });
  await readMetrics(noted, now);
  await readFileCounts(noted.STATISTICS, now);
  expect([ledger.size, statistics.size].map((size) => size > 15)).toEqual([true, true]);
  const scans: [sql: string, scans: string[]][] = [];
  for (const [db, statements] of [
    [env.DB, ledger],
    [env.STATISTICS, statistics],
  ] as const) {
    for (const sql of statements) {
      if (/^\s*(CREATE|DROP|PRAGMA)/.test(sql)) continue;
      const found = await scansOf(db, sql);
      if (found.length > 0) scans.push([sql, found]);
    }
  }
  expect(scans).toEqual([]);
});

it("a status list, and a seat with its place in one: no statement reads a whole table that grows", async () => {
  const { id, key } = await issueLicense();
  await activate(key, "m");
  const statements = new Set<string>();
  const db = noting(env.DB, statements);
  await listedStatuses(db, 7, currentTime());
  const { takeSeat } = await import("../../../src/domain/licensing/machine/take-seat.ts");
  const { statusIndexOf } = await import("../../../src/domain/licensing/machine/status-index.ts");
  const { requireLicense } = await import("../../../src/domain/licensing/license/store.ts");
  const license = await requireLicense(env.DB, id);
  const facts = { forms: ["h".repeat(43)] as const, name: null, platform: null };
  const actor = { actor: "system", requestId: null, now: currentTime() } as const;
  const seat = await takeSeat(db, license, facts, actor, { inUse: [] });
  if (!seat.ok) throw new Error(seat.error.code);
  await statusIndexOf(db, license, { ...seat.value.machine, status_generation: null });
  expect(statements.size).toBeGreaterThan(5);
  const scans = await Promise.all([...statements].map((sql) => scansOf(env.DB, sql)));
  expect(scans.flat()).toEqual([]);
});
