import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import * as z from "zod";
import { looksLikeSecret, newSecret } from "../../../lib/credential.ts";
import { encodeBase64Url, encodeHex, sha256 } from "../../../lib/encoding.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { keySecretId } from "../../config/key-secret-id.ts";
import type { AppEnv } from "../../http/router.ts";
import { ownsLedger, requireOwnLedger } from "../../storage/deployment.ts";
import {
  type ActorName,
  actorOf,
  type Change,
  commitChange,
  ifChanged,
  newChange,
  type Root,
} from "../../storage/ledger.ts";
import { endOfLine } from "../token-line.ts";
import { PLACES, type Place, type Session, Subject, type SubjectAt } from "./session.ts";

const Times = z.object({ last_seen_at: z.number(), expires_at: z.number() });

/**
 * A session lives only as long as its credential. It ends at once when the key is rotated, and when the token or one of
 * its makers is revoked or renewed. ?1 is the session's id, ?2 the time; a session last seen at ?3 or before has been
 * idle too long.
 */
const LIVE = `id = ?1 AND expires_at > ?2 AND last_seen_at > ?3
  AND (kind <> 'license' OR generation = (SELECT generation FROM licenses WHERE licenses.id = subject))
  AND (kind <> 'token' OR EXISTS (SELECT 1 FROM admin_tokens AS token WHERE token.id = subject
    AND sessions.created_at >= coalesce(token.renewed_at, 0) AND ${endOfLine("token", "?2")} IS NULL))`;

/** The precision of `last_seen_at`, so that not every page view writes. */
const SEEN_SECONDS = MINUTE;

/** The live session of a request at `place`, or null. Updates the time of its last use. */
export async function currentSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
): Promise<Session<At> | null> {
  const secret = readSessionCookie(c, place);
  if (secret === null) return null;
  const { now } = c.var;
  const id = await sessionIdOf(c, place, secret);
  const row = await c.env.DB.prepare(
    `SELECT kind, subject, generation, last_seen_at, expires_at FROM sessions WHERE ${LIVE}`,
  )
    .bind(id, now, now - PLACES[place].idle)
    .first();
  if (row === null) return null;
  const by = Subject.parse(row);
  if (!isOf(place, by)) return null;
  const { last_seen_at, expires_at } = Times.parse(row);
  if (now - last_seen_at >= SEEN_SECONDS && (await ownsLedger(c.env))) {
    const see = c.env.DB.prepare("UPDATE sessions SET last_seen_at = max(last_seen_at, ?) WHERE id = ?");
    await see.bind(now, id).run();
  }
  return { id, by, csrfToken: await csrfTokenOf(secret), expiresAt: expires_at };
}

const isOf = <At extends Place>(place: At, by: Subject): by is SubjectAt<At> =>
  PLACES[place].kinds.some((kind) => kind === by.kind);

const INSERT = `INSERT INTO sessions (id, kind, subject, generation, created_at, last_seen_at, expires_at, last_change)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?`;

/** A session to create: run `insert`, then `handOver`, which sends the cookie and ends the browser's old session. */
type Beginning<At extends Place> = { insert: D1PreparedStatement; session: Session<At>; handOver: () => Promise<void> };

/**
 * Prepares a session for `by` under a new secret, never under a cookie that the browser already has (session fixation).
 * `change` is the recorded sign-in. With `root`, the session is created only if that change took effect there.
 */
export async function beginSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
  by: SubjectAt<At>,
  { id: changeId, at: now }: Pick<Change, "id" | "at">,
  root?: Root,
): Promise<Beginning<At>> {
  // Cloudflare Access signs people in for a GET.
  await requireOwnLedger(c.env);
  const secret = newSecret();
  const id = await sessionIdOf(c, place, secret);
  const session = { id, by, csrfToken: await csrfTokenOf(secret), expiresAt: now + PLACES[place].lifetime };
  const generation = "generation" in by ? by.generation : null;
  const values = [id, by.kind, by.subject, generation, now, now, session.expiresAt, changeId] as const;
  return {
    insert: root
      ? ifChanged(c.env.DB, root, changeId, `${INSERT} WHERE TOOK_EFFECT`, ...values)
      : c.env.DB.prepare(INSERT).bind(...values),
    session,
    handOver: async () => {
      const former = readSessionCookie(c, place);
      if (former !== null) await deleteSession(c.env.DB, await sessionIdOf(c, place, former));
      setCookie(c, place, secret, PLACES[place].lifetime);
    },
  };
}

/** Signs `by` in at `place`, audits it as `<place>.sign-in`, and sets the cookie on `c.res`. Throws D1's errors. */
export async function startSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
  by: SubjectAt<At>,
  { actor, subject }: { actor: ActorName; subject: string },
): Promise<Session<At>> {
  const change = newChange(actorOf(c, actor), { action: `${place}.sign-in`, subject });
  const { insert, session, handOver } = await beginSession(c, place, by, change);
  await commitChange(c.env.DB, change, { table: "sessions", id: session.id }, [insert]);
  await handOver();
  return session;
}

/** Ends this session, or with `everywhere` every session of its subject, and clears the cookie. */
export async function endSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
  session: Session<At>,
  everywhere = false,
): Promise<void> {
  await (everywhere ? deleteSessionsOf(c.env.DB, session.by) : deleteSession(c.env.DB, session.id));
  clearSessionCookie(c, place);
}

/** `__Host-` cookies are sent over TLS only and for every path, and no other host can set them (RFC 6265bis). */
const COMMON = { prefix: "host", path: "/", secure: true } as const;

/** The secret in the request's cookie for `place`; null if there is none or it has another form. */
export function readSessionCookie<E extends AppEnv>(c: Context<E>, place: Place): string | null {
  const value = getCookie(c, PLACES[place].cookie, "host");
  return value !== undefined && looksLikeSecret(value) ? value : null;
}

/** Clears the cookie of `place`. */
export const clearSessionCookie = <E extends AppEnv>(c: Context<E>, place: Place): void => setCookie(c, place, "", 0);

/** Sets the cookie on `c.res`. A header of `c.header` is lost if a handler returns its own `Response`. */
function setCookie<E extends AppEnv>(c: Context<E>, place: Place, secret: string, maxAge: number): void {
  const { cookie, sameSite } = PLACES[place];
  c.res.headers.append("Set-Cookie", generateCookie(cookie, secret, { ...COMMON, httpOnly: true, sameSite, maxAge }));
}

/**
 * The id of a session in D1: the SHA-256 of its secret in hexadecimal. That of the account includes the id of
 * LICENSE_KEY_SECRET. So a session that began with a forged key ends when the secret is replaced, and never sees a new
 * key.
 */
async function sessionIdOf<E extends AppEnv>(c: Context<E>, place: Place, secret: string): Promise<string> {
  return encodeHex(await sha256(place === "account" ? `${secret}.${await keySecretId(c.var.config)}` : secret));
}

/**
 * The token that every form of a session sends (OWASP, "CSRF Prevention": bound to the session). It is derived from the
 * cookie's secret, so it need not be stored, and it does not reveal the secret.
 */
const csrfTokenOf = async (secret: string): Promise<string> =>
  encodeBase64Url(await sha256(`rbee form of session ${secret}`));

/** Ends one session. */
async function deleteSession(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM sessions WHERE id = ?").bind(id).run();
}

/**
 * Ends every session of a subject. For a mail address it also ends the sessions of its licenses' keys. A key may have
 * leaked, so it ends no session of the mail address.
 */
async function deleteSessionsOf(db: D1Database, { kind, subject }: SubjectAt<Place>): Promise<void> {
  await db
    .prepare(
      `DELETE FROM sessions WHERE (kind = ?1 AND subject = ?2)
         OR (?1 = 'mail' AND kind = 'license' AND subject IN (SELECT id FROM licenses WHERE email = ?2))`,
    )
    .bind(kind, subject)
    .run();
}

/** Moves a session to the new key that its page has shown. Every other session of the old key ends. */
export async function keepSession(
  db: D1Database,
  sessionId: string,
  license: { id: string; generation: number },
): Promise<void> {
  await db
    .prepare("UPDATE sessions SET generation = ? WHERE id = ? AND kind = 'license' AND subject = ?")
    .bind(license.generation, sessionId, license.id)
    .run();
}

/** Deletes expired sessions. */
export async function forgetSessions(db: D1Database, now: UnixSeconds): Promise<void> {
  await db.prepare("DELETE FROM sessions WHERE expires_at <= ?").bind(now).run();
}
