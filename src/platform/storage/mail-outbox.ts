import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { RootTable } from "./ledger.ts";

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

/**
 * As `queueMail`, but only if the change `changeId` took effect: the row `root` then has it as its `last_change`
 * (src/platform/storage/ledger.ts).
 */
export const queueMailIf = (
  db: D1Database,
  mail: NewMail,
  root: { table: RootTable; id: string },
  changeId: string,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO mails (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?
       WHERE EXISTS (SELECT 1 FROM ${root.table} WHERE id = ? AND last_change = ?) ON CONFLICT DO NOTHING`,
    )
    .bind(...valuesOf(mail), root.id, changeId);
