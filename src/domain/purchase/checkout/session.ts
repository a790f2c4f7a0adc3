import type { Context } from "hono";
import { LICENSE_KEY_PREFIX } from "../../../lib/credential.ts";
import { mayLookUpSession } from "../../../platform/http/rate-limit.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import type { License } from "../../licensing/license/record.ts";
import { readLicense } from "../../licensing/license/store.ts";
import { currentKey } from "../../licensing/secrets.ts";
import { purchaseChanges, purchaseScope } from "../scope.ts";
import { licensesBehind } from "../sync.ts";
import { fulfil } from "./fulfilment.ts";
import { findOrder, isBuyer } from "./order.ts";

/**
 * A checkout as the visitor may see it. `key` is the key that was bought. It is null for any other browser than the
 * buyer's, and after the key was replaced, because that browser may be the reason.
 */
export type SessionView =
  | { status: "pending" | "failed" }
  | { status: "complete"; license: License; key: string | null; maskedKey: string };

const SESSION_ID = /^cs_(test|live)_[A-Za-z0-9_]{1,200}$/;

/**
 * The status of a checkout session that began here. It fulfils the session if the webhook has not come yet. Null for
 * any other text, including the literal `{CHECKOUT_SESSION_ID}`, without a request to Stripe. Past the rate limit, a
 * session without a license is `pending` until its webhook comes. Throws the errors of Stripe and D1.
 */
export async function viewSession(c: Context<AppEnv>, sessionId: string): Promise<SessionView | null> {
  const order = SESSION_ID.test(sessionId) ? await findOrder(c.env.DB, sessionId) : null;
  if (!order) return null;
  let [licenseId] = await licensesBehind(c.env.DB, "checkout_session_id", sessionId);
  if (licenseId === undefined && order.state === "failed") return { status: "failed" };
  if (licenseId === undefined) {
    if (!(await mayLookUpSession(c.env, sessionId))) return { status: "pending" };
    const scope = await purchaseScope(c.env, c.var.config);
    const result = await fulfil(scope, sessionId, actorOf(c, `checkout:${order.id}`));
    if (result.status !== "complete") return { status: result.status === "failed" ? "failed" : "pending" };
    await settle(c, purchaseChanges([result]));
    licenseId = result.licenseId;
  }
  const license = await readLicense(c.env.DB, licenseId);
  if (!license) return null;
  const key = await currentKey(c.var.config, license);
  return {
    status: "complete",
    license,
    key: license.generation === 0 && (await isBuyer(c, order)) ? key : null,
    maskedKey: `${key.slice(0, LICENSE_KEY_PREFIX.length + 4)}…${key.slice(-4)}`,
  };
}
