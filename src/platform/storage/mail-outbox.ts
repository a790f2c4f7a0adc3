import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
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

/** `queueMail`, but only if the change of `root` took effect. */
export const queueMailIf = (db: D1Database, mail: NewMail, root: Root, changeId: string): D1PreparedStatement =>
  ifChanged(
    db,
    root,
    changeId,
    `INSERT INTO mails (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE TOOK_EFFECT ON CONFLICT DO NOTHING`,
    ...valuesOf(mail),
  );
