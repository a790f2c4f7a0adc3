import { HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";

/** The two places people sign in to. A session of one is worth nothing at the other. */
export type Place = "account" | "console";

/** Who signed in, and by what. */
export type Subject =
  /** By a license key of this generation: sees this license. */
  | { kind: "license"; subject: string; generation: number }
  /** By a link mailed to this address: sees every license of it. */
  | { kind: "mail"; subject: string }
  /** By the admin token with this id. */
  | { kind: "token"; subject: string }
  /** Through Cloudflare Access, under this mail address. */
  | { kind: "access"; subject: string };

/** The subjects of one place. */
export type SubjectAt<At extends Place> = Extract<Subject, { kind: (typeof PLACES)[At]["kinds"][number] }>;

/** A live session of a request. */
export type Session<At extends Place = Place> = {
  /** Its row's id: SHA-256 of the cookie. */
  id: string;
  by: SubjectAt<At>;
  /** What each of its forms must carry in the field `CSRF_FIELD`. */
  csrfToken: string;
  /** When it ends at the latest. */
  expiresAt: UnixSeconds;
};

/**
 * What holds at each place: the cookie, how long a session lasts in all and without being used (seconds). Links in mails lead
 * to the account from another site, so its cookie is Lax; the console's is Strict, so that no other site learns anything by
 * making an admin's browser look something up.
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
