import * as z from "zod";
import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { listUnsentMails, type UnsentMail } from "../../../domain/mail/backlog.ts";
import { listEvents, type StoredEvent } from "../../../domain/purchase/events/store.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { type Probe, probeStores } from "../../../platform/storage/health.ts";
import { counted, type Tone } from "../../page/kit.ts";

/** How many entries of each list are shown. */
export const ROWS = 50;

const OutboxRow = z.object({ topic: z.string(), key: z.string(), oldest_at: z.number() });
const Mark = z.object({ name: z.string(), at: z.number() });
const Migration = z.object({ name: z.string(), applied_at: z.string() });

/** How the service does at the moment. */
export type SystemData = {
  stores: Record<"ledger" | "edge" | "binaries", Probe>;
  backlog: Backlog;
  outbox: z.output<typeof OutboxRow>[];
  mails: UnsentMail[];
  /** Events that are not handled, then those that need a person. */
  events: StoredEvent[];
  /** When each recurring job last did what it notes. */
  marks: { name: string; at: UnixSeconds }[];
  migrations: z.output<typeof Migration>[];
};

/** Asks each store and looks through what waits. Throws what D1 throws. */
export async function readSystem(env: Pick<Env, "DB" | "EDGE" | "BINARIES">): Promise<SystemData> {
  const db = env.DB;
  const [stores, backlog, mails, unhandled, attention, [outbox, marks, migrations]] = await Promise.all([
    probeStores(env),
    readBacklog(db),
    listUnsentMails(db, ROWS),
    listEvents(db, { state: "unhandled" }, ROWS),
    listEvents(db, { state: "attention" }, ROWS),
    db.batch([
      db
        .prepare("SELECT topic, key, min(created_at) AS oldest_at FROM outbox GROUP BY topic, key ORDER BY 3 LIMIT ?")
        .bind(ROWS),
      db.prepare("SELECT name, at FROM watermarks ORDER BY name"),
      db.prepare("SELECT name, applied_at FROM d1_migrations ORDER BY name"),
    ]),
  ]);
  return {
    stores,
    backlog,
    outbox: z.array(OutboxRow).parse(outbox?.results),
    mails,
    events: [...unhandled, ...attention],
    marks: z.array(Mark).parse(marks?.results),
    migrations: z.array(Migration).parse(migrations?.results),
  };
}

/** What of the configuration an admin should know, in words. No secret: of one, only whether it is set. */
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
    ["Mails come from", config.MAIL_FROM.email],
    ["Cloudflare Access", config.ACCESS_TEAM_DOMAIN === "" ? "not used" : config.ACCESS_TEAM_DOMAIN],
    ["Requests logged", config.LOG_REQUESTS],
  ];
}

/** After how long a cron that runs each minute is late, in seconds. */
const CRON_LATE = 10 * MINUTE;

/** What does not go on by itself or not as fast as it should at `now`, in words; empty: all is well. */
export function troubles({ outbox, mails, events, cron_at }: Backlog, now: UnixSeconds): string[] {
  const age = (at: UnixSeconds | null) => (at === null ? 0 : now - at);
  return [
    ...(now - cron_at > CRON_LATE ? ["the cron has not run for ten minutes"] : []),
    ...(age(outbox.oldest_at) > 2 * MINUTE ? [`${counted(outbox.waiting, "change")} not published yet`] : []),
    ...(age(events.oldest_at) > 5 * MINUTE ? [`${counted(events.waiting, "payment event")} not handled`] : []),
    ...(events.attention > 0 ? [`${counted(events.attention, "payment event")} for a person to look at`] : []),
    ...(age(mails.oldest_at) > 15 * MINUTE ? [`${counted(mails.waiting, "mail")} not sent yet`] : []),
    ...(mails.given_up > 0 ? [`${counted(mails.given_up, "mail")} given up`] : []),
  ];
}

/** What the system page says of the act that led back to it. */
export const DONE = {
  "event-handled": { tone: "good", text: "The event is handled." },
  "event-failed": {
    tone: "bad",
    text: "The event could not be handled; the list says why. It stays to be tried again.",
  },
  "mail-queued": { tone: "good", text: "The mail is being sent. It leaves the list once it is." },
  "mail-kept": { tone: "careful", text: "This mail is sent already, or is tried again within minutes by itself." },
  published: {
    tone: "good",
    text: "Everything is published. An entry younger than a minute may stay for the next run.",
  },
  unpublished: { tone: "bad", text: "KV did not take everything. The cron goes on trying each minute." },
  republished: { tone: "good", text: "Everything is being published again, some hundred records a minute." },
} as const satisfies Record<string, { tone: Tone; text: string }>;

export type Done = keyof typeof DONE;

/** The system page, which then says so. */
export const systemPath = (done: Done): string => `/admin/system?done=${done}`;
