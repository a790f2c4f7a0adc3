import * as z from "zod";
import type { UnixSeconds } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Actor, newChange, recordAct } from "../../platform/storage/ledger.ts";
import { MAIL_KINDS } from "../../platform/storage/mail-outbox.ts";
import { LEASE_SECONDS } from "./sender.ts";

const Row = z.object({
  id: z.string(),
  license_id: z.string().nullable(),
  kind: z.enum(MAIL_KINDS),
  recipient: z.string(),
  created_at: z.number(),
  attempts: z.number(),
  next_attempt_at: z.number().nullable(),
  last_error: z.string().nullable(),
});

/** A mail that has not been sent. `next_attempt_at` is null once the sender has given up. */
export type UnsentMail = z.output<typeof Row>;

/** Up to `limit` unsent mails, oldest first: those still tried, and then those given up. Throws D1's errors. */
export async function listUnsentMails(db: D1Database, limit: number): Promise<UnsentMail[]> {
  const columns = Object.keys(Row.shape).join(", ");
  const [tried, givenUp] = await db.batch([
    db
      .prepare(`SELECT ${columns} FROM mails WHERE next_attempt_at IS NOT NULL ORDER BY created_at, id LIMIT ?`)
      .bind(limit),
    db
      .prepare(
        `SELECT ${columns} FROM mails WHERE next_attempt_at IS NULL AND sent_at IS NULL ORDER BY created_at, id LIMIT ?`,
      )
      .bind(limit),
  ]);
  return [...(tried?.results ?? []), ...(givenUp?.results ?? [])].slice(0, limit).map((row) => Row.parse(row));
}

/**
 * Whether an admin may retry a mail at `now`. A mail that is due within a sender's lease is excluded: a sender may hold
 * it, and two senders would send it twice. It is sent within minutes anyway.
 */
export const mayRetryMail = ({ next_attempt_at }: Pick<UnsentMail, "next_attempt_at">, now: UnixSeconds): boolean =>
  next_attempt_at === null || next_attempt_at > now + LEASE_SECONDS;

/** Makes a mail due now and resets its attempts. Throws CONFLICT when the mail is sent, due soon or missing. */
export async function retryMail(db: D1Database, admin: Actor, id: string): Promise<void> {
  const row = await db
    .prepare("SELECT next_attempt_at FROM mails WHERE id = ? AND sent_at IS NULL")
    .bind(id)
    .first<{ next_attempt_at: number | null }>();
  if (row === null || !mayRetryMail(row, admin.now)) {
    throw new Problem({ code: "CONFLICT", detail: "This mail is sent, or will be retried within minutes." });
  }
  const due = db
    .prepare(
      `UPDATE mails SET next_attempt_at = ?1, attempts = 0
       WHERE id = ?2 AND sent_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at > ?3)`,
    )
    .bind(admin.now, id, admin.now + LEASE_SECONDS);
  await recordAct(db, newChange(admin, { action: "mail.retry", subject: id }), [due]);
}
