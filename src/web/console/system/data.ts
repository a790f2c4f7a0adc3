import * as z from "zod";
import { readLastBackup } from "../../../domain/backup/finish.ts";
import { readReport } from "../../../domain/doctor/report.ts";
import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { readSize } from "../../../domain/figures/metrics.ts";
import { listUnsentMails } from "../../../domain/mail/backlog.ts";
import { listEvents } from "../../../domain/purchase/events/store.ts";
import { isKeyMark, recentKeyRefusals } from "../../../domain/purchase/key-refusal-note.ts";
import { currentTime, HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { listDeadLetters } from "../../../platform/jobs/dead-letter-store.ts";
import { readJobs } from "../../../platform/jobs/job-store.ts";
import { probeStores } from "../../../platform/storage/health.ts";
import { unlessDown } from "../../../platform/usage/read.ts";
import { counted, sentences, type Tone } from "../../page/kit.ts";

/** The number of entries shown in each list. */
const ROWS = 50;

const OutboxRow = z.object({ topic: z.string(), key: z.string(), oldest_at: z.number() });
const Mark = z.object({ name: z.string(), at: z.number() });
const Migration = z.object({ name: z.string(), applied_at: z.string() });

/** The state of the service. */
export type SystemData = Awaited<ReturnType<typeof readSystem>>;

/**
 * Probes each store and reads the queues, the last run of each recurring job, and the migrations. `events` are the
 * unprocessed ones, then those that need a person. `keyRefusals` names what Stripe refused, and
 * `report` is the last one of the doctor. Throws if D1 fails.
 */
export async function readSystem(env: Pick<Env, "DB" | "STATISTICS" | "EDGE" | "BINARIES">) {
  const db = env.DB;
  const rowsOf = async <Row>(schema: z.ZodType<Row>, sql: string) =>
    z.array(schema).parse((await db.prepare(sql).all()).results);
  const [
    stores,
    backlog,
    mails,
    unhandled,
    attention,
    { jobs, running },
    letters,
    backup,
    outbox,
    marks,
    migrations,
    report,
  ] = await Promise.all([
    probeStores(env),
    readBacklog(db),
    listUnsentMails(db, ROWS),
    listEvents(db, { state: "unhandled" }, ROWS),
    listEvents(db, { state: "attention" }, ROWS),
    readJobs(db, currentTime()),
    listDeadLetters(db, ROWS),
    readLastBackup(db),
    rowsOf(
      OutboxRow,
      `SELECT topic, key, min(created_at) AS oldest_at FROM outbox GROUP BY topic, key ORDER BY 3 LIMIT ${ROWS}`,
    ),
    rowsOf(Mark, "SELECT name, at FROM watermarks ORDER BY name"),
    rowsOf(Migration, "SELECT name, applied_at FROM d1_migrations ORDER BY name"),
    readReport(env),
  ]);
  const [ledgerBytes, statisticsBytes] = await Promise.all([readSize(db), unlessDown(readSize(env.STATISTICS))]);
  return {
    stores,
    backlog,
    outbox,
    mails,
    events: [...unhandled, ...attention],
    jobs,
    running,
    letters,
    backup,
    marks: marks.filter(({ name }) => !isKeyMark(name)),
    keyRefusals: recentKeyRefusals(marks, currentTime()),
    migrations,
    report,
    /** The size of each database in bytes; null: the statistics do not answer. */
    sizes: { ledger: ledgerBytes, statistics: statisticsBytes },
  };
}

/** The configuration in words. It shows no secret, only whether a secret is set. */
export function configFacts(config: Config): [name: string, value: string][] {
  const isSet = (secret: string) => (secret === "" ? "not set" : "set");
  return [
    ["Environment", config.ENVIRONMENT],
    ["Address, and issuer of tokens", config.PUBLIC_URL],
    ["Downloads", config.DELIVERY === "worker" ? "through this Worker" : "presigned links to R2"],
    ["Signatures of releases", config.RELEASE_SIGNATURES],
    ["Payments", config.LIVEMODE ? "live" : "test mode"],
    ["Stripe's key", isSet(config.STRIPE_SECRET_KEY)],
    ["Stripe's webhook secret", isSet(config.STRIPE_WEBHOOK_SECRET)],
    ["Days of grace after a failed renewal", String(config.GRACE_DAYS)],
    ["Emails come from", config.MAIL_FROM.email],
    ["Cloudflare Access", config.ACCESS_TEAM_DOMAIN === "" ? "not used" : config.ACCESS_TEAM_DOMAIN],
    ["Requests logged", config.LOG_REQUESTS],
  ];
}

/** The delay after which the cron, which runs each minute, counts as late, in seconds. */
const CRON_LATE = 10 * MINUTE;

/** Everything at `now` that is late or needs a person, in words; empty if all is well. */
export function troubles(
  { outbox, mails, events, dead_letters, webhooks, cron_at }: Backlog,
  now: UnixSeconds,
): string[] {
  const age = (at: UnixSeconds | null) => (at === null ? 0 : now - at);
  return sentences(
    now - cron_at > CRON_LATE && "The cron has not run for ten minutes",
    age(outbox.oldest_at) > 2 * MINUTE && `${counted(outbox.waiting, "change")} not published yet`,
    age(events.oldest_at) > 5 * MINUTE && `${counted(events.waiting, "payment event")} not processed`,
    events.attention > 0 && `${counted(events.attention, "payment event")} to look at`,
    age(mails.oldest_at) > 15 * MINUTE && `${counted(mails.waiting, "email")} not sent yet`,
    dead_letters > 0 && `${counted(dead_letters, "message")} failed at every attempt`,
    mails.given_up > 0 && `${counted(mails.given_up, "email")} given up`,
    age(webhooks.failing_since) > HOUR && "A webhook endpoint takes nothing",
    webhooks.disabled > 0 && `${counted(webhooks.disabled, "webhook endpoint")} disabled for failing`,
    webhooks.given_up > 0 && `${counted(webhooks.given_up, "webhook event")} given up`,
  );
}

/** Notices of the system page, by the act that redirects to it. */
export const DONE = {
  "event-handled": { tone: "good", text: "The event is processed." },
  "event-failed": {
    tone: "bad",
    text: "The event could not be processed; the list shows the error. It stays in the list, and you can retry.",
  },
  "event-dismissed": { tone: "good", text: "The event is dismissed." },
  "mail-queued": { tone: "good", text: "The email is being sent, and then leaves the list." },
  "mail-kept": { tone: "careful", text: "This email is sent already, or is retried within minutes." },
  "letter-sent": { tone: "good", text: "The message is in its queue again. If it fails again, it comes back here." },
  "letter-dismissed": { tone: "good", text: "The message is dropped. The audit trail has the reason." },
  "letter-kept": { tone: "careful", text: "Please give a reason. Or the message was settled already." },
  published: {
    tone: "good",
    text: "Everything is published. An entry younger than a minute may stay until the next run.",
  },
  unpublished: { tone: "bad", text: "KV did not accept everything. The cron retries each minute." },
  republished: {
    tone: "good",
    text: "Everything is being published again. Recurring work shows when the job has finished.",
  },
} as const satisfies Record<string, { tone: Tone; text: string }>;

export type Done = keyof typeof DONE;

/** The address of the system page with a notice. */
export const systemPath = (done: Done): string => `/admin/system?done=${done}`;
