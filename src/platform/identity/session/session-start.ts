import type { Context } from "hono";
import { newSecret } from "../../../lib/credential.ts";
import { currentTime, type UnixSeconds } from "../../../lib/time.ts";
import type { AppEnv } from "../../http/router.ts";
import { actorOf, type Change, commitChange, newChange, type Root } from "../../storage/ledger.ts";
import { PLACES, type Place, type Session, type SubjectAt } from "./session.ts";
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from "./session-cookie.ts";
import { csrfTokenOf, sessionIdOf } from "./session-secret.ts";
import { deleteSession, deleteSessionsOf, insertSession, readSession, seeSession } from "./session-store.ts";

/** The live session of a request at `place`, or null. Notes that it is in use. */
export async function currentSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
): Promise<Session<At> | null> {
  const secret = readSessionCookie(c, place);
  if (secret === null) return null;
  const now = currentTime();
  const id = await sessionIdOf(secret);
  const stored = await readSession(c.env.DB, place, id, now);
  if (stored === null) return null;
  await seeSession(c.env.DB, id, stored, now);
  return { id, by: stored.by, csrfToken: await csrfTokenOf(secret), expiresAt: stored.expires_at };
}

/** A session that is about to begin: the statement that makes it, and what puts it into the browser once that has run. */
type Beginning<At extends Place> = { insert: D1PreparedStatement; session: Session<At>; handOver: () => Promise<void> };

/**
 * Makes ready a session for `by`, under a secret that nobody has had before: whatever cookie the browser came with, it never
 * becomes somebody's session, and a session that it holds ends. `change` is the one that it begins with; with `root`, the
 * session exists only if that change took effect there.
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
  const session = { id, by, csrfToken: await csrfTokenOf(secret), expiresAt: lastsUntil(place, now) };
  return {
    insert: insertSession(c.env.DB, place, { id, by, changeId, now }, root),
    session,
    handOver: async () => {
      const former = readSessionCookie(c, place);
      if (former !== null) await deleteSession(c.env.DB, await sessionIdOf(former));
      writeSessionCookie(c, place, secret);
    },
  };
}

const lastsUntil = (place: Place, now: UnixSeconds): UnixSeconds => now + PLACES[place].lifetime;

/**
 * Signs `by` in at `place`, with an audit entry `<place>.sign-in` by `actor` upon `subject`, and sets the cookie on the
 * response that `c` makes next. Throws what D1 throws.
 */
export async function startSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
  by: SubjectAt<At>,
  { actor, subject }: { actor: string; subject: string },
): Promise<Session<At>> {
  const change = newChange(actorOf(c, actor), { action: `${place}.sign-in`, subject });
  const { insert, session, handOver } = await beginSession(c, place, by, change);
  await commitChange(c.env.DB, change, { table: "sessions", id: session.id }, [insert]);
  await handOver();
  return session;
}

/** Signs out of `place`: this session, or with `everywhere` every one of its subject. Takes the cookie back. */
export async function endSession<At extends Place, E extends AppEnv>(
  c: Context<E>,
  place: At,
  session: Session<At>,
  everywhere = false,
): Promise<void> {
  await (everywhere ? deleteSessionsOf(c.env.DB, session.by) : deleteSession(c.env.DB, session.id));
  clearSessionCookie(c, place);
}
