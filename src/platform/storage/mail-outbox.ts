import { newId } from "../../lib/id.ts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { ifChanged, type Root } from "./ledger.ts";

export const MAIL_KINDS = [
  "license_key",
  "payment_failed",
  "payment_action_required",
  "payment_not_completed",
  "trial_ending",
  "license_expiring",
  "license_expired",
  "key_rotated",
  "recovery_link",
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

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
