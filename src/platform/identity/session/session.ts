import * as z from "zod";
import { holdsCredential } from "../../../lib/masking/masked.ts";
import { HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";

/** The two places to sign in to. A session of one does not work at the other. */
export type Place = "account" | "console";

/** The subject of a session, by the credential of the sign-in. */
export const Subject = z.discriminatedUnion("kind", [
  /** A license key of this generation. It opens this license. */
  z.object({ kind: z.literal("license"), subject: z.string(), generation: z.number() }),
  /** A recovery link mailed to this address. It opens every license of the address. */
  z.object({ kind: z.literal("mail"), subject: z.string() }),
  /** The admin token with this id. */
  z.object({ kind: z.literal("token"), subject: z.string() }),
  /** Cloudflare Access, with this mail address. */
  z.object({ kind: z.literal("access"), subject: z.string() }),
]);
export type Subject = z.output<typeof Subject>;

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
