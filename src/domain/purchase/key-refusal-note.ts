import { logFailure } from "../../lib/log.ts";
import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import type { AppContext } from "../../platform/http/router.ts";
import { keyRefusal, refusalForAdmin } from "./key-refusal.ts";

const WHY = "We cannot do this at the moment, because our payment provider is not set up for it.";
const HELP = "Please try again later, or write to us.";

/** The sentence for a customer. One who asks for a paid checkout may have changed something before, by paying. */
const forCustomer = (method: string): string =>
  method === "GET" ? `${WHY} ${HELP}` : `${WHY} Nothing was changed. ${HELP}`;

/** The routes of admins, and the one of Stripe, whose dashboard shows our answer to the operator. */
const FOR_OPERATORS = /^\/(v1\/admin|v1\/stripe|admin)(\/|$)/;

/** The answer to a request that our key was refused for. Admins and Stripe get the remedy, others a plain sentence. */
export const STRIPE_KEY_REFUSAL = {
  matches: (error: unknown): boolean => keyRefusal(error) !== null,
  refusal(error: unknown, c: AppContext | null): Refusal {
    const refusal = keyRefusal(error);
    c?.executionCtx.waitUntil(noteKeyRefusal(c.env.DB, error, c.var.now));
    const isForOperator = c !== null && refusal !== null && FOR_OPERATORS.test(c.req.path);
    return {
      code: "SERVICE_UNAVAILABLE",
      detail: isForOperator ? refusalForAdmin(refusal) : forCustomer(c?.req.method ?? "GET"),
    };
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
