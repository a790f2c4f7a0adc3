import * as z from "zod";
import { encodeBase64Url, equalInConstantTime } from "../../lib/encoding.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { MAIL_KINDS, MAIL_TOPICS, type MailTopic, topicOf } from "../../platform/storage/mail-outbox.ts";

/** All topics, in the order of display. */
export const TOPICS = Object.keys(MAIL_TOPICS) as MailTopic[];

/** The topics that an address has turned off. Throws D1's errors. */
export async function readOptOuts(db: D1Database, email: string): Promise<ReadonlySet<MailTopic>> {
  const { results } = await db
    .prepare("SELECT topic FROM mail_opt_outs WHERE email = ?")
    .bind(email)
    .all<{ topic: string }>();
  return new Set(TOPICS.filter((topic) => results.some((row) => row.topic === topic)));
}

/** The statement that turns a topic off or on for an address. Idempotent. */
const choice = (
  db: D1Database,
  email: string,
  topic: MailTopic,
  isOn: boolean,
  now: UnixSeconds,
): D1PreparedStatement =>
  isOn
    ? db.prepare("DELETE FROM mail_opt_outs WHERE email = ? AND topic = ?").bind(email, topic)
    : db
        .prepare("INSERT INTO mail_opt_outs (email, topic, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(email, topic, now);

/** Turns topics off or on for an address, in one transaction. Idempotent. Throws D1's errors. */
export async function chooseTopics(
  db: D1Database,
  email: string,
  choices: Partial<Record<MailTopic, boolean>>,
  now: UnixSeconds,
): Promise<void> {
  const statements = TOPICS.flatMap((topic) => {
    const isOn = choices[topic];
    return isOn === undefined ? [] : [choice(db, email, topic, isOn, now)];
  });
  if (statements.length > 0) await db.batch(statements);
}

/** Separates this use of the secret from license keys and recovery links. */
const PURPOSE = "rbee mail preferences: ";

/** The characters of the signature in a token: 128 bits. */
const SIGNATURE_LENGTH = 22;

const signatureOf = async (mailId: string, secret: CryptoKey): Promise<string> =>
  encodeBase64Url(
    new Uint8Array(await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(PURPOSE + mailId))),
  ).slice(0, SIGNATURE_LENGTH);

/**
 * The token of the link in a mail that turns its topic off without a sign-in. It names the mail and not the address,
 * because an address appears in no URL. `secret` is LICENSE_KEY_SECRET.
 */
export const preferenceToken = async (mailId: string, secret: CryptoKey): Promise<string> =>
  `${mailId}-${await signatureOf(mailId, secret)}`;

/** The URL of such a link. */
export const preferenceUrl = (publicUrl: string, token: string): string => `${publicUrl}/emails/${token}`;

/** The address and topic that a link is about. */
export type Preference = { email: string; topic: MailTopic };

const Sent = z.object({ recipient: z.string(), kind: z.enum(MAIL_KINDS) });

/**
 * The address and topic of a token. `forged`: nobody was mailed this token; it causes no storage read. `forgotten`: the
 * mail is deleted by now. Characters behind a token that mail programs copy along are ignored. Throws D1's errors.
 */
export async function findPreference(
  db: D1Database,
  token: string,
  secret: CryptoKey,
): Promise<Preference | "forged" | "forgotten"> {
  const [, mailId = "", signature = ""] = /^(mail_[0-9a-z]{26})-([\w-]{22})(?![\w-])/.exec(token) ?? [];
  const encoder = new TextEncoder();
  const expected = encoder.encode(await signatureOf(mailId, secret));
  if (!equalInConstantTime(encoder.encode(signature), expected)) return "forged";
  const row = await db.prepare("SELECT recipient, kind FROM mails WHERE id = ?").bind(mailId).first();
  if (row === null) return "forgotten";
  const { recipient, kind } = Sent.parse(row);
  const topic = topicOf(kind);
  return topic === null ? "forged" : { email: recipient, topic };
}
