import { newId } from "../../lib/id.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { type Change, commitChange } from "../storage/ledger.ts";

/** How long a link works, from when it is mailed. */
const LINK_SECONDS = 30 * MINUTE;

/**
 * Links for one mail address within the life of one: enough for mails that went astray, too few to fill somebody's mailbox. So
 * whoever asks in another's name never leaves them without a link: when no more is mailed, those that were still work.
 */
const LINKS_AT_ONCE = 5;

export type RecoveryLink = { id: string; email: string; expires_at: UnixSeconds; used_at: UnixSeconds | null };

/** A new link's id, `rec_...`. */
export const newRecoveryLinkId = (): string => newId("rec");

/**
 * The statements that note a link for `email` and queue its mail, if that address has a license and has not had too many
 * links of late. Run them as one transaction. `hash` is the link's `recoveryTokenHash`.
 */
export function insertRecoveryLink(
  db: D1Database,
  { id, hash, email, now }: { id: string; hash: string; email: string; now: UnixSeconds },
): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `INSERT INTO recovery_links (id, token_hash, email, created_at, expires_at) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE EXISTS (SELECT 1 FROM licenses WHERE email = ?3)
           AND (SELECT count(*) FROM recovery_links WHERE email = ?3 AND created_at > ?6) < ?7`,
      )
      .bind(id, hash, email, now, now + LINK_SECONDS, now - LINK_SECONDS, LINKS_AT_ONCE),
    db
      .prepare(
        `INSERT INTO mails (id, kind, occasion, recipient, data, created_at, next_attempt_at)
         SELECT ?1, 'recovery_link', id, email, json_object('link', id), ?2, ?2 FROM recovery_links WHERE id = ?3`,
      )
      .bind(newId("mail"), now, id),
  ];
}

/** Lets an unused link's time begin now. */
export async function renewRecoveryLink(db: D1Database, id: string, now: UnixSeconds): Promise<void> {
  await db
    .prepare("UPDATE recovery_links SET expires_at = ? WHERE id = ? AND used_at IS NULL")
    .bind(now + LINK_SECONDS, id)
    .run();
}

/** The link with this hash, or null. */
export const findRecoveryLink = (db: D1Database, hash: string): Promise<RecoveryLink | null> =>
  db
    .prepare("SELECT id, email, expires_at, used_at FROM recovery_links WHERE token_hash = ?")
    .bind(hash)
    .first<RecoveryLink>();

/** Whether a link may still be used at `now`. */
export const isLive = ({ expires_at, used_at }: RecoveryLink, now: UnixSeconds): boolean =>
  used_at === null && now < expires_at;

/**
 * Uses a link up for `change`, with `beside` in the same transaction, which must depend on the link's `last_change`. Returns
 * false when it has ended or somebody was faster: of any number of attempts at once, one succeeds.
 */
export function useRecoveryLink(
  db: D1Database,
  { id }: RecoveryLink,
  change: Change,
  beside: D1PreparedStatement[],
): Promise<boolean> {
  const use = db
    .prepare(
      `UPDATE recovery_links SET used_at = ?1, last_change = ?2 WHERE id = ?3 AND used_at IS NULL AND expires_at > ?1`,
    )
    .bind(change.at, change.id, id);
  return commitChange(db, change, { table: "recovery_links", id }, [use, ...beside]);
}

/** Forgets links that ended before `before`, and the mails about them. */
export async function forgetRecoveryLinks(db: D1Database, before: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM mails WHERE kind = 'recovery_link' AND created_at < ?").bind(before),
    db.prepare("DELETE FROM recovery_links WHERE created_at < ?").bind(before),
  ]);
}
