import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { MailAddress } from "../../lib/mail-address.ts";
import { currentTime, DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { sellerOf } from "../../platform/config/seller.ts";
import { recoveryToken, recoveryUrl, renewRecoveryLink } from "../../platform/identity/recovery-link.ts";
import { MAIL_KINDS, type MailKind, topicOf } from "../../platform/storage/mail-outbox.ts";
import { activationCommand } from "../licensing/license/key.ts";
import { readLicense } from "../licensing/license/store.ts";
import { planName } from "../licensing/plans.ts";
import { currentKey, licensingSecrets } from "../licensing/secrets.ts";
import { type LetterFacts, letterOf } from "./letters.ts";
import { preferenceToken, preferenceUrl, readOptOuts } from "./preferences.ts";
import { permanentRefusal } from "./refusal.ts";
import { type RenderedMail, renderLetter } from "./render.ts";

/** The number of mails in one run: small enough for a cron run, and for the time after a response. */
const BATCH = 50;
const BATCH_AFTER_REQUEST = 5;

/** A mail that a sender holds for LEASE_SECONDS. Its content is checked later, where a fault fails only this mail. */
type Claim = { id: string; attempts: number; row: Record<string, unknown> };

/**
 * Sends the mails that are due at `now`, oldest first, at most `limit`. Returns how many were sent and how many failed.
 * A failed mail stays queued, is logged, and does not delay the others. Several senders may run at once: each mail is
 * taken by one of them. Throws D1's errors.
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

/** Sends a few of the due mails, after a request has queued one. The cron sends the rest. Throws D1's errors. */
export async function sendMailsSoon(env: Env): Promise<void> {
  await sendDueMails(env, currentTime(), BATCH_AFTER_REQUEST);
}

/** Takes a mail for LEASE_SECONDS, or returns null if another sender has it. */
async function claim(db: D1Database, id: string, now: UnixSeconds): Promise<Claim | null> {
  const row = await db
    .prepare(
      `UPDATE mails SET attempts = attempts + 1, next_attempt_at = ?1 WHERE id = ?2 AND next_attempt_at <= ?3
       RETURNING id, license_id, kind, recipient, data, created_at, attempts`,
    )
    .bind(now + LEASE_SECONDS, id, now)
    .first<{ attempts: number }>();
  return row === null ? null : { id, attempts: row.attempts, row };
}

/**
 * Sends a mail, and returns whether the provider took it. After a permanent refusal it gives the mail up at once.
 * Throws D1's errors when it cannot record the outcome; the mail is then sent again after its lease.
 */
async function sendClaimed(env: Env, { id, attempts, row }: Claim, now: UnixSeconds): Promise<boolean> {
  try {
    const mail = await composeMail(env, id, row, now);
    if ("unwanted" in mail) return await dropMail(env.DB, id, mail.unwanted, now);
    await env.EMAIL.send(mail);
  } catch (error) {
    const reason = permanentRefusal(error);
    const message = reason === null ? messageOf(error) : `Not retried: ${reason}. ${messageOf(error)}`;
    const next = reason === null ? nextAttemptAt(attempts, now) : null;
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

/** Marks a mail as done without sending it. `last_error` keeps the reason. */
async function dropMail(db: D1Database, id: string, reason: string, now: UnixSeconds): Promise<true> {
  await db
    .prepare("UPDATE mails SET sent_at = ?, next_attempt_at = NULL, last_error = ? WHERE id = ?")
    .bind(now, `Not sent: ${reason}`, id)
    .run();
  return true;
}

/**
 * A short error message with the provider's code (`E_...`). It removes keys, recovery links and addresses, which a
 * provider may quote from the mail.
 */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? `${String(error.code)} ` : "";
  return `${code}${message}`
    .replaceAll(/rbee_lic_\w*/gi, "rbee_lic_...")
    .replaceAll(/\/(recover|emails)\/[\w-]*/g, "/$1/...")
    .replaceAll(/[^\s<>@]+@[^\s<>@]+/g, "...@...")
    .slice(0, 300);
}

/** The pauses after the first, second, ... failure. They add up to five days; a later mail is of no use. */
const PAUSES = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, DAY, DAY, DAY, 17 * HOUR];

/** How long a sender holds a mail: longer than a provider takes to answer. Then another sender may take it. */
export const LEASE_SECONDS = 10 * MINUTE;

/** The time of the next attempt, after the `attempts`-th failure (1: the first) at `now`; null: no more attempts. */
function nextAttemptAt(attempts: number, now: UnixSeconds): UnixSeconds | null {
  const pause = PAUSES[attempts - 1];
  return pause === undefined ? null : now + pause;
}

const MailRow = z.object({
  license_id: z.string().nullable(),
  kind: z.enum(MAIL_KINDS),
  recipient: MailAddress,
  created_at: z.number(),
  data: z
    .string()
    .transform((text) => z.record(z.string(), z.union([z.string(), z.number(), z.null()])).parse(JSON.parse(text))),
});

/** A mail in the form of the `send_email` binding. */
export type OutgoingMail = RenderedMail & {
  from: { name: string; email: string };
  to: string;
  replyTo: string;
  headers: Record<string, string>;
};

/** The kinds that contain the license's key. */
const KINDS_WITH_KEY: readonly MailKind[] = ["license_key", "key_rotated"];

/**
 * Makes the mail of a `mails` row from the current state, or says why nobody wants it any more. The license's current
 * key is derived here and stored nowhere. The 30 minutes of a recovery link begin now, so that a delayed mail arrives
 * with a live link. Throws D1's errors, and when the row or its license is not valid.
 */
async function composeMail(
  env: Env,
  id: string,
  row: Record<string, unknown>,
  now: UnixSeconds,
): Promise<OutgoingMail | { unwanted: string }> {
  const config = configOf(env);
  const mail = MailRow.parse(row);
  const license = mail.license_id === null ? null : await readLicense(env.DB, mail.license_id);
  if (mail.license_id !== null && license === null) throw new Error("the license of a mail is not there");
  // A key must not reach an address that the license no longer has.
  if (license !== null && license.email !== mail.recipient && mail.kind !== "address_changed") {
    return { unwanted: "the license has another address now." };
  }
  const topic = topicOf(mail.kind);
  if (topic !== null && (await readOptOuts(env.DB, mail.recipient)).has(topic)) {
    return { unwanted: `the address has turned off ${topic}.` };
  }
  const { keySecret } = await licensingSecrets(config);
  const facts: LetterFacts = {
    plan: planName(license?.plan ?? String(mail.data["plan"] ?? "rbee")),
    license,
    key: license !== null && KINDS_WITH_KEY.includes(mail.kind) ? await currentKey(config, license) : null,
    data: mail.data,
    at: mail.created_at,
    isGraceGiven: config.GRACE_DAYS > 0,
    recoveryUrl: null,
    accountUrl: `${config.PUBLIC_URL}/account`,
    purchaseUrl: config.PURCHASE_URL,
    installUrl: `${config.PUBLIC_URL}/install`,
    activation: activationCommand(config.PUBLIC_URL),
    seller: sellerOf(config),
    siteUrl: config.PUBLIC_URL,
    unsubscribeUrl: topic === null ? null : preferenceUrl(config.PUBLIC_URL, await preferenceToken(id, keySecret)),
  };
  if (mail.kind === "recovery_link") {
    const link = z.string().parse(mail.data["link"]);
    await renewRecoveryLink(env.DB, link, now);
    facts.recoveryUrl = recoveryUrl(config.PUBLIC_URL, await recoveryToken(link, keySecret));
  }
  const letter = await renderLetter(letterOf(mail.kind, facts));
  const headers = unsubscribeHeaders(facts.unsubscribeUrl);
  return { from: config.MAIL_FROM, to: mail.recipient, replyTo: config.SUPPORT_EMAIL, headers, ...letter };
}

/** The headers by which mail programs offer to turn a topic off with one click (RFC 2369 and RFC 8058). */
const unsubscribeHeaders = (url: string | null): Record<string, string> =>
  url === null ? {} : { "List-Unsubscribe": `<${url}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
