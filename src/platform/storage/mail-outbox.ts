import { newId } from "../../lib/id.ts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { ifChanged, type Root } from "./ledger.ts";

/** The kinds of mail about one license. */
const LICENSE_MAIL_KINDS = [
  "license_key",
  "key_rotated",
  "trial_started",
  "trial_ending",
  "payment_failed",
  "payment_action_required",
  "license_suspended",
  "license_resumed",
  "license_cancelled",
  "license_uncancelled",
  "license_expiring",
  "license_ended",
  "license_refunded",
  "license_disputed",
  "license_dispute_won",
  "license_revoked",
  "license_reinstated",
  "machine_limit_changed",
  "plan_changed",
  "end_changed",
  "address_changed",
  "renewed",
] as const;

/** The kinds of mail about no license, or about more than one. */
const OTHER_MAIL_KINDS = ["payment_not_completed", "order_held", "order_solved", "recovery_link"] as const;

export const MAIL_KINDS = [...LICENSE_MAIL_KINDS, ...OTHER_MAIL_KINDS] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/**
 * The mails that an address may turn off, by topic. No law or contract needs them: each repeats a fact that the account
 * shows, or announces one that another mail tells when it happens. All other kinds are always sent.
 */
export const MAIL_TOPICS = {
  renewals: ["renewed"],
  reminders: ["license_expiring"],
} as const satisfies Record<string, readonly MailKind[]>;
export type MailTopic = keyof typeof MAIL_TOPICS;

/** The topic of a kind of mail; null if nobody can turn it off. */
export const topicOf = (kind: MailKind): MailTopic | null =>
  (Object.keys(MAIL_TOPICS) as MailTopic[]).find((topic) => MAIL_TOPICS[topic].some((one) => one === kind)) ?? null;

/** A mail to send once for each (license, kind, occasion). */
export type NewMail = {
  /** The license that the mail is about; null if there is none, or more than one. */
  licenseId: string | null;
  kind: MailKind;
  /** The event behind the mail, so that one event is mailed once: the id of a session, an invoice or a change. */
  occasion: string;
  /** The recipient's address. */
  to: string;
  /** Data for the text, beside the license as it is when the mail is sent. Never a key, a link or a secret. */
  data: Record<string, string | number | null>;
  now: UnixSeconds;
};

const COLUMNS = "id, license_id, kind, occasion, recipient, data, created_at, next_attempt_at";

const valuesOf = ({ licenseId, kind, occasion, to, data, now }: NewMail): (string | number | null)[] => [
  newId("mail"),
  licenseId,
  kind,
  occasion,
  to,
  JSON.stringify(data),
  now,
  now,
];

/** The statement that queues a mail, for the caller's own transaction. Idempotent. */
export const queueMail = (db: D1Database, mail: NewMail): D1PreparedStatement =>
  db
    .prepare(`INSERT INTO mails (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
    .bind(...valuesOf(mail));

/** The maximum number of mails of one kind a day to one address that a stranger may cause. */
const MAILS_OF_STRANGERS = 3;

/**
 * `queueMail` for a mail without a license to an address that nobody has proved to own. Beyond three mails of its kind
 * a day to the address it queues nothing, so that nobody can flood a mailbox.
 */
export const queueMailToStranger = (db: D1Database, mail: NewMail & { licenseId: null }): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO mails (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE (SELECT count(*) FROM mails WHERE license_id IS NULL AND kind = ?3 AND recipient = ?5 AND created_at > ?7 - ?9) < ?10
       ON CONFLICT DO NOTHING`,
    )
    .bind(...valuesOf(mail), DAY, MAILS_OF_STRANGERS);

/** `queueMail`, but only if the change of `root` took effect. */
export const queueMailIf = (db: D1Database, mail: NewMail, root: Root, changeId: string): D1PreparedStatement =>
  ifChanged(
    db,
    root,
    changeId,
    `INSERT INTO mails (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE TOOK_EFFECT ON CONFLICT DO NOTHING`,
    ...valuesOf(mail),
  );
