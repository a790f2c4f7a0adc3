import { logFailure } from "../../lib/log.ts";
import { currentTime, DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { composeMail } from "./composition.ts";

/** What the sender takes at once: less than a cron run or the time after a response has room for. */
const BATCH = 50;
const BATCH_AFTER_REQUEST = 5;

/** What a sender holds for LEASE_SECONDS. Its content is checked only where a fault in it fails this one mail. */
type Claim = { id: string; attempts: number; row: Record<string, unknown> };

/**
 * Sends what is due at `now`, oldest first, at most `limit` mails. Returns how many were sent and how many failed; a failure
 * stays queued for later, is logged, and keeps no other mail waiting. Several senders may run at once: each mail is taken by
 * one of them. Throws what D1 throws.
 */
export async function sendDueMails(
  env: Env,
  now: UnixSeconds,
  limit: number = BATCH,
): Promise<{ sent: number; failed: number }> {
  const due = await env.DB.prepare(
    "SELECT id FROM mails WHERE next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?",
  )
    .bind(now, limit)
    .all<{ id: string }>();
  let sent = 0;
  let failed = 0;
  for (const { id } of due.results) {
    const claimed = await claim(env.DB, id, now);
    if (claimed === null) continue;
    if (await sendClaimed(env, claimed, now)) sent++;
    else failed++;
  }
  return { sent, failed };
}

/** Sends a few of the due mails, after a request has queued one. Throws what D1 throws; the cron sends the rest. */
export async function sendMailsSoon(env: Env): Promise<void> {
  await sendDueMails(env, currentTime(), BATCH_AFTER_REQUEST);
}

/** Takes a mail for LEASE_SECONDS; null when another sender has it. */
async function claim(db: D1Database, id: string, now: UnixSeconds): Promise<Claim | null> {
  const row = await db
    .prepare(
      `UPDATE mails SET attempts = attempts + 1, next_attempt_at = ?1 WHERE id = ?2 AND next_attempt_at <= ?3
       RETURNING id, license_id, kind, recipient, data, attempts`,
    )
    .bind(now + LEASE_SECONDS, id, now)
    .first<{ attempts: number }>();
  return row === null ? null : { id, attempts: row.attempts, row };
}

/** Whether the mail went out. Throws what D1 throws when it cannot note that; the mail is then sent again after its lease. */
async function sendClaimed(env: Env, { id, attempts, row }: Claim, now: UnixSeconds): Promise<boolean> {
  try {
    await env.EMAIL.send(await composeMail(env, row, now));
  } catch (error) {
    const message = messageOf(error);
    const next = nextAttemptAt(attempts, now);
    await env.DB.prepare("UPDATE mails SET next_attempt_at = ?, last_error = ? WHERE id = ? AND sent_at IS NULL")
      .bind(next, message, id)
      .run();
    const event = next === null ? "mail.given_up" : "mail.failed";
    logFailure(event, message, { mail: id, attempts });
    return false;
  }
  await env.DB.prepare("UPDATE mails SET sent_at = ?, next_attempt_at = NULL, last_error = NULL WHERE id = ?")
    .bind(now, id)
    .run();
  return true;
}

/** What an error says, short, with the provider's code (`E_...`), and without what a provider may have quoted from the mail: keys, recovery links, addresses. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? `${String(error.code)} ` : "";
  return `${code}${message}`
    .replaceAll(/rbee_lic_\w*/gi, "rbee_lic_...")
    .replaceAll(/\/recover\/[\w-]*/g, "/recover/...")
    .replaceAll(/[^\s<>@]+@[^\s<>@]+/g, "...@...")
    .slice(0, 300);
}

/** Pauses after the first, second, ... failure. They add up to five days; after that nobody waits for the mail. */
const PAUSES = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, DAY, DAY, DAY, 17 * HOUR];

/**
 * How long a sender has a mail for itself. Longer than any provider takes to answer; if the sender dies, the mail is
 * taken again after this.
 */
export const LEASE_SECONDS = 10 * MINUTE;

/** When a mail is tried again after its `attempts`-th failure (1: the first) at `now`; null: no more. */
export function nextAttemptAt(attempts: number, now: UnixSeconds): UnixSeconds | null {
  const pause = PAUSES[attempts - 1];
  return pause === undefined ? null : now + pause;
}
