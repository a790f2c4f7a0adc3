import * as z from "zod";
import type { UnixSeconds } from "../../lib/time.ts";
import { CRON_MARK, readWatermark } from "../../platform/storage/watermark.ts";
import { readWebhookTrouble, type WebhookTrouble } from "../webhooks/endpoint/trouble.ts";

const Counts = z.object({
  outbox: z.number(),
  outbox_oldest: z.number().nullable(),
  mails: z.number(),
  mails_oldest: z.number().nullable(),
  mails_given_up: z.number(),
  events: z.number(),
  events_oldest: z.number().nullable(),
  events_attention: z.number(),
  dead_letters: z.number(),
});

/** The waiting work: its count, and the time of its oldest entry (null: none waits). */
export type Backlog = {
  /** Changes that are not yet published to KV. */
  outbox: { waiting: number; oldest_at: UnixSeconds | null };
  mails: { waiting: number; oldest_at: UnixSeconds | null; given_up: number };
  /** Stripe events that are not handled, and handled ones that need a person. */
  events: { waiting: number; oldest_at: UnixSeconds | null; attention: number };
  /** Messages of the queues that every attempt failed for. */
  dead_letters: number;
  /** Webhook endpoints that take nothing, and events that were given up. */
  webhooks: WebhookTrouble;
  /** The time at which the cron last finished; 0: never. */
  cron_at: UnixSeconds;
};

/** The current backlog. Each count has an index. Throws D1's errors. */
export async function readBacklog(db: D1Database): Promise<Backlog> {
  const [row, cron, webhooks] = await Promise.all([
    db
      .prepare(
        `SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT min(created_at) FROM outbox) AS outbox_oldest,
           (SELECT count(*) FROM mails WHERE next_attempt_at IS NOT NULL) AS mails,
           (SELECT min(created_at) FROM mails WHERE next_attempt_at IS NOT NULL) AS mails_oldest,
           (SELECT count(*) FROM mails WHERE next_attempt_at IS NULL AND sent_at IS NULL) AS mails_given_up,
           (SELECT count(*) FROM stripe_events WHERE handled_at IS NULL) AS events,
           (SELECT min(received_at) FROM stripe_events WHERE handled_at IS NULL) AS events_oldest,
           (SELECT count(*) FROM stripe_events WHERE attention = 1) AS events_attention,
           (SELECT count(*) FROM dead_letters) AS dead_letters`,
      )
      .first(),
    readWatermark(db, CRON_MARK),
    readWebhookTrouble(db),
  ]);
  const found = Counts.parse(row);
  return {
    outbox: { waiting: found.outbox, oldest_at: found.outbox_oldest },
    mails: { waiting: found.mails, oldest_at: found.mails_oldest, given_up: found.mails_given_up },
    events: { waiting: found.events, oldest_at: found.events_oldest, attention: found.events_attention },
    dead_letters: found.dead_letters,
    webhooks,
    cron_at: cron.at,
  };
}

/** Money that waits for a person: sales without a license, and disputes that the bank has not decided. */
export type MoneyToDo = { held: number; disputed: number };

const MoneyRow = z.object({ held: z.number(), disputed: z.number() });

/** Counts the money that waits for a person, by the index of unusual states. Throws D1's errors. */
export async function readMoneyToDo(db: D1Database): Promise<MoneyToDo> {
  const inStates = (...states: string[]) =>
    `(SELECT count(*) FROM payments WHERE state NOT IN ('paid', 'succeeded') AND state IN (${states.join(", ")}))`;
  const sql = `SELECT ${inStates("'held'")} AS held, ${inStates("'disputed'", "'inquiry'")} AS disputed`;
  return MoneyRow.parse(await db.prepare(sql).first());
}
