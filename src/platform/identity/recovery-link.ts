import { looksLikeSecret } from "../../lib/credential.ts";
import { encodeBase64Url, encodeHex, sha256 } from "../../lib/encoding.ts";
import { newId } from "../../lib/id.ts";
import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { type Change, commitChange } from "../storage/ledger.ts";

/** How long a link works after its mail was sent. */
const LINK_SECONDS = 30 * MINUTE;

/**
 * The maximum number of unused links that are mailed to one address within a day, so that nobody can flood a mailbox. A
 * used link does not count, because only the owner of the mailbox can use one.
 */
const UNUSED_LINKS_A_DAY = 5;

export type RecoveryLink = { id: string; email: string; expires_at: UnixSeconds; used_at: UnixSeconds | null };

/**
 * Creates a link for `email` and queues its mail. Past `UNUSED_LINKS_A_DAY` it mails nothing, and the unused links of
 * the last day live for `LINK_SECONDS` again: strangers may have spent the mails, and each of them is in the owner's
 * mailbox. Does nothing if the address has no license. `secret` is LICENSE_KEY_SECRET. Throws D1's errors.
 */
export async function createRecoveryLink(
  db: D1Database,
  { email, secret, now }: { email: string; secret: CryptoKey; now: UnixSeconds },
): Promise<void> {
  const id = newId("rec");
  const hash = await hashOf(await recoveryToken(id, secret));
  await db.batch([
    db
      .prepare(
        `INSERT INTO recovery_links (id, token_hash, email, created_at, expires_at) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE EXISTS (SELECT 1 FROM licenses WHERE email = ?3)
           AND (SELECT count(*) FROM recovery_links WHERE email = ?3 AND created_at > ?6 AND used_at IS NULL) < ?7`,
      )
      .bind(id, hash, email, now, now + LINK_SECONDS, now - DAY, UNUSED_LINKS_A_DAY),
    db
      .prepare(
        `INSERT INTO mails (id, kind, occasion, recipient, data, created_at, next_attempt_at)
         SELECT ?1, 'recovery_link', id, email, json_object('link', id), ?2, ?2 FROM recovery_links WHERE id = ?3`,
      )
      .bind(newId("mail"), now, id),
    db
      .prepare(
        `UPDATE recovery_links SET expires_at = ?1 WHERE email = ?2 AND created_at > ?3 AND used_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM recovery_links WHERE id = ?4)`,
      )
      .bind(now + LINK_SECONDS, email, now - DAY, id),
  ]);
}

/** Restarts the lifetime of an unused link. */
export async function renewRecoveryLink(db: D1Database, id: string, now: UnixSeconds): Promise<void> {
  await db
    .prepare("UPDATE recovery_links SET expires_at = ? WHERE id = ? AND used_at IS NULL")
    .bind(now + LINK_SECONDS, id)
    .run();
}

/**
 * The link with this token, or null. Characters behind it that no token has are ignored, because mail programs and
 * people copy a full stop or a bracket along. A text of another form causes no storage read.
 */
export async function findRecoveryLink(db: D1Database, sent: string): Promise<RecoveryLink | null> {
  const token = sent.replace(/[^A-Za-z0-9_-]+$/, "");
  if (!looksLikeSecret(token)) return null;
  return db
    .prepare("SELECT id, email, expires_at, used_at FROM recovery_links WHERE token_hash = ?")
    .bind(await hashOf(token))
    .first<RecoveryLink>();
}

/** Whether a link is unused and not expired at `now`. */
export const isLive = ({ expires_at, used_at }: RecoveryLink, now: UnixSeconds): boolean =>
  used_at === null && now < expires_at;

/**
 * Uses up a link for `change` and runs `beside` in the same transaction; each of these statements must depend on the
 * link's `last_change`. Returns false if the link has expired or was used before. Of several concurrent attempts, one
 * succeeds.
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

/** Deletes links that were created before `before`, and their mails. */
export async function forgetRecoveryLinks(db: D1Database, before: UnixSeconds): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM mails WHERE kind = 'recovery_link' AND created_at < ?").bind(before),
    db.prepare("DELETE FROM recovery_links WHERE created_at < ?").bind(before),
  ]);
}

/** Separates this use of the secret from license keys, which are HMACs of 18 bytes under the same secret. */
const PURPOSE = "rbee recovery link: ";

/**
 * The secret of a recovery link: HMAC-SHA-256 of its id (`rec_...`) under LICENSE_KEY_SECRET, in base64url. It is
 * derived when the mail is sent and stored nowhere, so that a reader of the database cannot make a link.
 */
export async function recoveryToken(linkId: string, secret: CryptoKey): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(PURPOSE + linkId));
  return encodeBase64Url(new Uint8Array(mac));
}

/** The form in which D1 stores a token: its SHA-256 in hexadecimal. */
const hashOf = async (token: string): Promise<string> => encodeHex(await sha256(token));

/** The URL in a recovery mail. */
export const recoveryUrl = (publicUrl: string, token: string): string => `${publicUrl}/recover/${token}`;
