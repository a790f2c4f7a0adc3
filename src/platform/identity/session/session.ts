import * as z from "zod";
import { holdsCredential } from "../../../lib/credential.ts";
import { HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { ifChanged, type Root } from "../../storage/ledger.ts";

/** The two places to sign in to. A session of one does not work at the other. */
export type Place = "account" | "console";

/** The subject of a session, by the credential of the sign-in. */
export type Subject =
  /** A license key of this generation. It opens this license. */
  | { kind: "license"; subject: string; generation: number }
  /** A recovery link mailed to this address. It opens every license of the address. */
  | { kind: "mail"; subject: string }
  /** The admin token with this id. */
  | { kind: "token"; subject: string }
  /** Cloudflare Access, with this mail address. */
  | { kind: "access"; subject: string };

/** The subjects of one place. */
export type SubjectAt<At extends Place> = Extract<Subject, { kind: (typeof PLACES)[At]["kinds"][number] }>;

/** The field of a form that carries its session's `csrfToken`. */
export const CSRF_FIELD = "csrf_token";

/** A live session of a request. */
export type Session<At extends Place = Place> = {
  /** Its row's id: SHA-256 of the cookie. */
  id: string;
  by: SubjectAt<At>;
  /** The value that each of its forms must send in the field `CSRF_FIELD`. */
  csrfToken: string;
  /** Its end, however much it is used. */
  expiresAt: UnixSeconds;
};

/**
 * The settings of each place: its cookie, and the seconds that a session lasts in total (`lifetime`) and unused
 * (`idle`). The account's cookie is Lax, because links in mails lead there from another site. The console's cookie is
 * Strict, so that no other site can make an admin's browser send requests with it.
 */
export const PLACES = {
  account: {
    kinds: ["license", "mail"],
    cookie: "rbee_account",
    sameSite: "Lax",
    lifetime: 12 * HOUR,
    idle: HOUR,
    root: "/account",
    signIn: "/account/sign-in",
  },
  console: {
    kinds: ["token", "access"],
    cookie: "rbee_console",
    sameSite: "Strict",
    lifetime: 8 * HOUR,
    idle: 30 * MINUTE,
    root: "/admin",
    signIn: "/admin/sign-in",
  },
} as const;

/** The maximum length of a return path. A longer `Location` could not be sent, and our paths are far shorter. */
const MAX_LENGTH = 2000;

/**
 * The path to open after a sign-in to `place`: `wanted` if it is a path of that place, else the first page. A URL
 * parser decides, so `//host`, `/\host`, `/account/../x` and control characters lead to no other site or place.
 */
export function returnPath(place: Place, wanted: string | undefined): string {
  const { root, signIn } = PLACES[place];
  const base = "https://here.invalid";
  if (wanted === undefined || wanted.length > MAX_LENGTH || !URL.canParse(wanted, base)) return root;
  const { origin, pathname, search } = new URL(wanted, base);
  const isInside = origin === base && (pathname === root || pathname.startsWith(`${root}/`));
  return isInside && !pathname.startsWith(signIn) ? pathname + search : root;
}

/** The sign-in page of `place`, with a return path to `request` if it is a GET whose URL contains no credential. */
export function signInPath(place: Place, request: Request): string {
  const { root, signIn } = PLACES[place];
  const { pathname, search } = new URL(request.url);
  const wanted = returnPath(place, pathname + search);
  return request.method !== "GET" || wanted === root || holdsCredential(wanted)
    ? signIn
    : `${signIn}?${new URLSearchParams({ return: wanted })}`;
}

const SubjectRow = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("license"), subject: z.string(), generation: z.number() }),
  z.object({ kind: z.literal("mail"), subject: z.string() }),
  z.object({ kind: z.literal("token"), subject: z.string() }),
  z.object({ kind: z.literal("access"), subject: z.string() }),
]);

const Times = z.object({ last_seen_at: z.number(), expires_at: z.number() });

/** A session as D1 stores it. */
export type StoredSession<At extends Place> = { by: SubjectAt<At>; last_seen_at: UnixSeconds; expires_at: UnixSeconds };

/**
 * A session lives only as long as its credential: rotating the key, or revoking the token, ends it at once. ?1 is the
 * session's id, ?2 the time; a session last seen at ?3 or before has been idle too long.
 */
const LIVE = `id = ?1 AND expires_at > ?2 AND last_seen_at > ?3
  AND (kind <> 'license' OR generation = (SELECT generation FROM licenses WHERE licenses.id = subject))
  AND (kind <> 'token' OR EXISTS (SELECT 1 FROM admin_tokens
    WHERE admin_tokens.id = subject AND revoked_at IS NULL AND (admin_tokens.expires_at IS NULL OR admin_tokens.expires_at > ?2)))`;

/** The session of `place` with this id, if it is live at `now`; else null. Throws D1's errors. */
export async function readSession<At extends Place>(
  db: D1Database,
  place: At,
  id: string,
  now: UnixSeconds,
): Promise<StoredSession<At> | null> {
  const row = await db
    .prepare(`SELECT kind, subject, generation, last_seen_at, expires_at FROM sessions WHERE ${LIVE}`)
    .bind(id, now, now - PLACES[place].idle)
    .first();
  if (row === null) return null;
  const by = SubjectRow.parse(row);
  return isOf(place, by) ? { by, ...Times.parse(row) } : null;
}

const isOf = <At extends Place>(place: At, by: z.output<typeof SubjectRow>): by is SubjectAt<At> =>
  PLACES[place].kinds.some((kind) => kind === by.kind);

/** The precision of `last_seen_at`, so that not every page view writes. */
const SEEN_SECONDS = MINUTE;

/** Updates the time of a session's last use, at most once a minute. */
export async function seeSession(
  db: D1Database,
  id: string,
  { last_seen_at }: Pick<StoredSession<Place>, "last_seen_at">,
  now: UnixSeconds,
): Promise<void> {
  if (now - last_seen_at < SEEN_SECONDS) return;
  await db.prepare("UPDATE sessions SET last_seen_at = max(last_seen_at, ?) WHERE id = ?").bind(now, id).run();
}

/** The statement that creates a session at `now` for a change; with `root`, only if that change took effect there. */
export function insertSession<At extends Place>(
  db: D1Database,
  place: At,
  { id, by, changeId, now }: { id: string; by: SubjectAt<At>; changeId: string; now: UnixSeconds },
  root?: Root,
): D1PreparedStatement {
  const generation = "generation" in by ? by.generation : null;
  const values = [id, by.kind, by.subject, generation, now, now, now + PLACES[place].lifetime, changeId] as const;
  const insert = `INSERT INTO sessions (id, kind, subject, generation, created_at, last_seen_at, expires_at, last_change)
    SELECT ?, ?, ?, ?, ?, ?, ?, ?`;
  return root
    ? ifChanged(db, root, changeId, `${insert} WHERE TOOK_EFFECT`, ...values)
    : db.prepare(insert).bind(...values);
}

/** Ends one session. */
export async function deleteSession(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM sessions WHERE id = ?").bind(id).run();
}

/**
 * Ends every session of a subject. For a mail address it also ends the sessions of its licenses' keys. A key may have
 * leaked, so it ends no session of the mail address.
 */
export async function deleteSessionsOf(db: D1Database, { kind, subject }: SubjectAt<Place>): Promise<void> {
  await db
    .prepare(
      `DELETE FROM sessions WHERE (kind = ?1 AND subject = ?2)
         OR (?1 = 'mail' AND kind = 'license' AND subject IN (SELECT id FROM licenses WHERE email = ?2))`,
    )
    .bind(kind, subject)
    .run();
}

/**
 * Moves a session to the new generation of its license's key, after the page has shown it that key. Every other session
 * of the old key ends.
 */
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
