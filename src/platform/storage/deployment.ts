import type { MiddlewareHandler } from "hono";
import { onceResolved } from "../../lib/isolate.ts";
import { logEvent } from "../../lib/log.ts";
import { configOf } from "../config/config.ts";
import { type Deployment, mismatchOf } from "../config/deployment.ts";
import { Problem } from "../http/problem.ts";
import type { AppEnv } from "../http/router.ts";

/** The deployment that a database is marked with; null before the first `pnpm run deploy`, as in development. */
export async function readMark(db: D1Database): Promise<Deployment | null> {
  const row = await db
    .prepare("SELECT name, public_url, livemode FROM deployment")
    .first<{ name: string; public_url: string; livemode: number }>();
  return row && { ...row, livemode: row.livemode === 1 };
}

/** Why this Worker must not write to its ledger, as a sentence; null if it may. Throws D1's errors. */
export async function ledgerFault(env: Env): Promise<string | null> {
  const { DEPLOYMENT, PUBLIC_URL, LIVEMODE } = configOf(env);
  const marked = await readMark(env.DB);
  return marked && mismatchOf(marked, { name: DEPLOYMENT, public_url: PUBLIC_URL, livemode: LIVEMODE });
}

/**
 * Requires that the ledger belongs to this deployment, before anything is written. It reads D1 once per isolate, and
 * again after a refusal. Throws SERVICE_UNAVAILABLE and logs the reason if the mark names another deployment. Throws
 * D1's errors.
 */
export const requireOwnLedger = onceResolved(async (env: Env): Promise<true> => {
  const message = await ledgerFault(env);
  if (message === null) return true;
  logEvent("deployment.mismatch", { message });
  throw new Problem({
    code: "SERVICE_UNAVAILABLE",
    detail: "This deployment changes nothing, because its ledger belongs to another one. Its log has the difference.",
    extras: { retry_after: 300 },
  });
});

/** Whether the ledger belongs to this deployment. Logs the reason if it does not. Throws D1's errors. */
export async function ownsLedger(env: Env): Promise<boolean> {
  try {
    return await requireOwnLedger(env);
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** Whether a request with this method may write. */
export const mayWrite = (method: string): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);

/**
 * Refuses requests that may write while the ledger belongs to another deployment. At the paths of `except`, a handler
 * calls `requireOwnLedger` itself where it writes, as do the few that write for a GET.
 */
export const writesNeedOwnLedger =
  (except: readonly string[]): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const { method, path } = c.req;
    if (mayWrite(method) && !except.includes(path)) await requireOwnLedger(c.env);
    await next();
  };
