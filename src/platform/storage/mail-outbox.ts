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
  /** The license it is about; null: none yet, or more than one. */
  licenseId: string | null;
  kind: MailKind;
  /** What happened, so that the same thing told twice is mailed once: the id of a session, an invoice, a change. */
  occasion: string;
  /** The recipient's address. */
  to: string;
  /** What the text needs beside the license as it is when the mail is sent. Never a key, a link or a secret. */
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

/** Queues a mail, unless it has been before: a statement for the caller's own transaction. */
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
