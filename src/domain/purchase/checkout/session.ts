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
 * A checkout as it may be seen. `key` is the one that was bought; null for anybody but the browser that began the checkout, and
 * once it has been replaced: that browser may be why.
 */
export type SessionView =
  | { status: "pending" | "failed" }
  | { status: "complete"; license: License; key: string | null; maskedKey: string };

const SESSION_ID = /^cs_(test|live)_[A-Za-z0-9_]{1,200}$/;

/**
 * What became of a checkout session that began here, fulfilling it if the webhook has not come yet; null for any other text,
 * the literal `{CHECKOUT_SESSION_ID}` included, without asking Stripe. A session that is looked at too often is `pending` as long
 * as only Stripe could say more: its webhook does. Throws what Stripe or D1 throw.
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
