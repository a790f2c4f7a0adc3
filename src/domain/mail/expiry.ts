import * as z from "zod";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { type MailKind, queueMail } from "../../platform/storage/mail-outbox.ts";
import { DECIDED_SQL, IN_FORCE_UNTIL_SQL } from "../licensing/license/record.ts";

/** How long before its end a license's owner gets a mail. */
const NOTICE_SECONDS = 7 * DAY;

/** How long after an end its mail is still sent, if the cron did not run in time. */
const LATE_SECONDS = 3 * DAY;

const BATCH = 200;

const Ending = z.object({ id: z.string(), email: z.string(), ends_at: z.number() });

/** The end of a license, with its grace. Only for licenses that have an end. */
const ENDS_AT = "max(expires_at + grace_seconds, coalesce(extended_until, 0))";

const NOTICES: readonly { kind: MailKind; from: number; to: number }[] = [
  // A license that was granted for a week or less needs no notice in advance.
  { kind: "license_expiring", from: 0, to: NOTICE_SECONDS },
  { kind: "license_expired", from: -LATE_SECONDS, to: 0 },
];

/**
 * Queues the mails about licenses that end within seven days or have just ended. It leaves subscriptions out, because
 * their mails come from Stripe's events. A license with a new end gets a new mail. Returns the number of queued mails.
 * The cron runs it every hour; it is idempotent. Throws D1's errors.
 */
export async function queueExpiryMails(db: D1Database, now: UnixSeconds): Promise<number> {
  let queued = 0;
  for (const { kind, from, to } of NOTICES) {
    const { results } = await db
      .prepare(
        `SELECT id, email, ${ENDS_AT} AS ends_at FROM licenses
         WHERE ${DECIDED_SQL} = 'none' AND ${IN_FORCE_UNTIL_SQL} > ?1 AND ${IN_FORCE_UNTIL_SQL} <= ?2
           AND subscription_state = 'none' AND expires_at IS NOT NULL
           AND (?3 = 'license_expired' OR ${ENDS_AT} - created_at > ?4)
           AND NOT EXISTS (SELECT 1 FROM mails WHERE license_id = licenses.id AND kind = ?3
                             AND occasion = CAST(${ENDS_AT} AS TEXT))
         LIMIT ?5`,
      )
      .bind(now + from, now + to, kind, NOTICE_SECONDS, BATCH)
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
