import { logFailure } from "../../lib/log.ts";
import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import type { AppContext } from "../../platform/http/router.ts";
import { permissionInWords, permissionsFor, WORKER_CALLS } from "./permissions.ts";
import { typeOf } from "./stripe.ts";
import { neededBy } from "./stripe-calls.ts";

/** A refusal of our key by Stripe. `permission` is the missing one (`customer_write`); null: Stripe refuses the key. */
type KeyRefusal = { permission: string | null };

/**
 * Stripe's words name the missing permission: `Having the 'rak_customer_write' permission would allow this`, or, since
 * 2026, `Enabling "Customers Write" ('customer_write') permissions on this key`.
 */
const NAMED = /'(?:rak_)?([a-z_]+_(?:read|write))'/;

/** The refusal of our key, or null if `error` is something else. It needs no SDK: it reads the error's name. */
export function keyRefusal(error: unknown): KeyRefusal | null {
  if (!(error instanceof Error)) return null;
  if (typeOf(error) === "StripeAuthenticationError") return { permission: null };
  if (typeOf(error) !== "StripePermissionError") return null;
  return { permission: asListed(NAMED.exec(error.message)?.[1] ?? neededBy(error)[0] ?? "unknown") };
}

/** The permission in the list of the key: a read that is refused needs a write if other calls write. */
function asListed(permission: string): string {
  const writing = permission.replace(/_read$/, "_write");
  return permissionsFor(WORKER_CALLS).find((listed) => listed === writing) ?? permission;
}

/** A refusal of our key in words for an admin, with its remedy. */
export const refusalForAdmin = ({ permission }: KeyRefusal): string =>
  permission === null
    ? "Stripe does not accept the key of this service. Set STRIPE_SECRET_KEY to a key that is in force."
    : `The Stripe key of this service lacks the permission "${permissionInWords(permission)}" (${permission}). ` +
      "Add it to the key in Stripe's dashboard under Developers, API keys, and repeat this.";

const FOR_CUSTOMER =
  "We cannot do this at the moment, because our payment provider is not set up for it. Nothing was changed. " +
  "Please try again later, or write to us.";

/** The routes of admins, and the one of Stripe, whose dashboard shows our answer to the operator. */
const FOR_OPERATORS = /^\/(v1\/admin|v1\/stripe|admin)(\/|$)/;

/** The answer to a request that our key was refused for. Admins and Stripe get the remedy, others a plain sentence. */
export const STRIPE_KEY_REFUSAL = {
  matches: (error: unknown): boolean => keyRefusal(error) !== null,
  refusal(error: unknown, c: AppContext | null): Refusal {
    const refusal = keyRefusal(error);
    c?.executionCtx.waitUntil(noteKeyRefusal(c.env.DB, error, c.var.now));
    const isForOperator = c !== null && refusal !== null && FOR_OPERATORS.test(c.req.path);
    return { code: "SERVICE_UNAVAILABLE", detail: isForOperator ? refusalForAdmin(refusal) : FOR_CUSTOMER };
  },
} as const;

/** The names of the watermarks that remember the last refusal of each permission. */
const MARK = "stripe-key:";

/** How often the same refusal is written. */
const WRITE_EVERY = 10 * MINUTE;

/**
 * Logs a refusal of our key and remembers it for the system page. Does nothing for any other error. Never throws,
 * because its callers report the error itself.
 */
export async function noteKeyRefusal(db: D1Database, error: unknown, now: UnixSeconds): Promise<void> {
  const refusal = keyRefusal(error);
  if (refusal === null) return;
  const { permission } = refusal;
  logFailure("stripe.key_refused", refusalForAdmin(refusal), { permission });
  try {
    await db
      .prepare(
        `INSERT INTO watermarks (name, at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = ?2 WHERE at <= ?2 - ?3`,
      )
      .bind(MARK + (permission ?? ""), now, WRITE_EVERY)
      .run();
  } catch (failure) {
    logFailure("stripe.key_refusal_lost", failure);
  }
}

/** A refusal is shown this long after it happened last. */
const SHOWN_FOR = DAY;

/** The refusals of our key within a day, in words for an admin. `marks` are all watermarks. */
export const recentKeyRefusals = (marks: readonly { name: string; at: UnixSeconds }[], now: UnixSeconds): string[] =>
  marks
    .filter(({ name, at }) => isKeyMark(name) && at > now - SHOWN_FOR)
    .map(({ name }) => refusalForAdmin({ permission: name.slice(MARK.length) || null }));

/** Whether a watermark remembers a refusal of our key, instead of the progress of a job. */
export const isKeyMark = (name: string): boolean => name.startsWith(MARK);
