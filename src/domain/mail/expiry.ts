import * as z from "zod";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { type MailKind, queueMail } from "../../platform/storage/mail-outbox.ts";
import { STATUS_SQL } from "../licensing/license/record.ts";

/** How long before its end a license's owner gets a mail. */
const NOTICE_SECONDS = 7 * DAY;

/** How long after an end its mail is still sent, if the cron did not run in time. */
const LATE_SECONDS = 3 * DAY;

const BATCH = 200;

const Ending = z.object({ id: z.string(), email: z.string(), ends_at: z.number() });

/** The end of a license, with its grace. Only for licenses that have an end. */
const ENDS_AT = "max(expires_at + grace_seconds, coalesce(extended_until, 0))";

const NOTICES: readonly { kind: MailKind; status: string; from: number; to: number }[] = [
  // A license that was granted for a week or less needs no notice in advance.
  { kind: "license_expiring", status: "active", from: 0, to: NOTICE_SECONDS },
  { kind: "license_expired", status: "expired", from: -LATE_SECONDS, to: 0 },
];

/**
 * Queues the mails about licenses that end within seven days or have just ended. It leaves subscriptions out, because
 * their mails come from Stripe's events. A license with a new end gets a new mail. Returns the number of queued mails.
 * The cron runs it every hour; it is idempotent. Throws D1's errors.
 */
export async function queueExpiryMails(db: D1Database, now: UnixSeconds): Promise<number> {
  let queued = 0;
  for (const { kind, status, from, to } of NOTICES) {
    const { results } = await db
      .prepare(
        `SELECT id, email, ${ENDS_AT} AS ends_at FROM licenses
         WHERE subscription_state = 'none' AND expires_at IS NOT NULL AND ${STATUS_SQL} = ?2
           AND ${ENDS_AT} > ?1 + ?3 AND ${ENDS_AT} <= ?1 + ?4
           AND (?5 = 'license_expired' OR ${ENDS_AT} - created_at > ?6)
           AND NOT EXISTS (SELECT 1 FROM mails WHERE license_id = licenses.id AND kind = ?5
                             AND occasion = CAST(${ENDS_AT} AS TEXT))
         LIMIT ?7`,
      )
      .bind(now, status, from, to, kind, NOTICE_SECONDS, BATCH)
      .all();
    const mails = results.map((row) => {
      const { id, email, ends_at } = Ending.parse(row);
      return queueMail(db, { licenseId: id, kind, occasion: String(ends_at), to: email, data: {}, now });
    });
    if (mails.length > 0) await db.batch(mails);
    queued += mails.length;
  }
  return queued;
}
