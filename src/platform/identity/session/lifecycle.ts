import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import { looksLikeSecret, newSecret } from "../../../lib/credential.ts";
import { encodeBase64Url, encodeHex, sha256 } from "../../../lib/encoding.ts";
import type { AppEnv } from "../../http/router.ts";
import { type ActorName, actorOf, type Change, commitChange, newChange, type Root } from "../../storage/ledger.ts";
import {
  deleteSession,
  deleteSessionsOf,
  insertSession,
  PLACES,
  type Place,
  readSession,
  type Session,
  type SubjectAt,
  seeSession,
} from "./session.ts";

/** The live session of a request at `place`, or null. Updates the time of its last use. */
export async function currentSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
): Promise<Session<At> | null> {
  const secret = readSessionCookie(c, place);
  if (secret === null) return null;
  const { now } = c.var;
  const id = await sessionIdOf(secret);
  const stored = await readSession(c.env.DB, place, id, now);
  if (stored === null) return null;
  await seeSession(c.env.DB, id, stored, now);
  return { id, by: stored.by, csrfToken: await csrfTokenOf(secret), expiresAt: stored.expires_at };
}

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
  const secret = newSecret();
  const id = await sessionIdOf(secret);
  const session = { id, by, csrfToken: await csrfTokenOf(secret), expiresAt: now + PLACES[place].lifetime };
  return {
    insert: insertSession(c.env.DB, place, { id, by, changeId, now }, root),
    session,
    handOver: async () => {
      const former = readSessionCookie(c, place);
      if (former !== null) await deleteSession(c.env.DB, await sessionIdOf(former));
      setCookie(c, place, secret, PLACES[place].lifetime);
    },
  };
}

/**
 * Signs `by` in at `place`, with an audit entry `<place>.sign-in` of `actor` about `subject`, and sets the cookie on
 * `c.res`. Throws D1's errors.
 */
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

/** The id of a session in D1: the SHA-256 of its secret in hexadecimal. */
const sessionIdOf = async (secret: string): Promise<string> => encodeHex(await sha256(secret));

/**
 * The token that every form of a session sends (OWASP, "CSRF Prevention": bound to the session). It is derived from the
 * cookie's secret, so it need not be stored, and it does not reveal the secret.
 */
const csrfTokenOf = async (secret: string): Promise<string> =>
  encodeBase64Url(await sha256(`rbee form of session ${secret}`));
