import { LICENSE_KEY_PREFIX } from "../../../lib/credential.ts";
import { mayLookUpSession } from "../../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../../platform/http/router.ts";
import { requireOwnLedger } from "../../../platform/storage/deployment.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../../platform/storage/settle.ts";
import type { License } from "../../licensing/license/record.ts";
import { readLicense } from "../../licensing/license/store.ts";
import { currentKey } from "../../licensing/secrets.ts";
import { licensesBehind, purchaseChanges, purchaseScope } from "../sync.ts";
import { fulfil } from "./fulfilment.ts";
import { findOrder, isBuyer, noteReturn, type Visitor } from "./order.ts";

/**
 * A checkout as the visitor may see it. `key` is the key that was bought. It is null for any browser that did not both
 * begin and pay the checkout, and after the key was replaced, because that browser may be the reason.
 */
export type SessionView =
  | { status: "pending" | "failed" }
  | { status: "complete"; license: License; key: string | null; maskedKey: string };

const SESSION_ID = /cs_(?:test|live)_[A-Za-z0-9_]{1,200}/;

/** The id of a checkout session in a text, which may have other characters around it; undefined if there is none. */
export const sessionIdIn = (text: string): string | undefined => SESSION_ID.exec(text)?.[0];

/** A view of a checkout, null if none began here, and the changes to settle. */
type ViewedSession = { view: SessionView | null; changes: Changes };

/**
 * The status of a checkout session that began here, for this visitor. It fulfils the session if the webhook has not
 * come yet, and notes the first return from its payment. Null for any other text, including the literal
 * `{CHECKOUT_SESSION_ID}`, without a request to Stripe. Past the rate limit, a session without a license is `pending`
 * until its webhook comes. Throws the errors of Stripe and D1.
 */
export async function viewSession(
  c: Pick<RequestScope, "env" | "var">,
  sessionId: string,
  visitor: Visitor,
): Promise<ViewedSession> {
  let order = sessionIdIn(sessionId) === sessionId ? await findOrder(c.env.DB, sessionId) : null;
  if (!order) return unchanged(null);
  let [licenseId] = await licensesBehind(c.env.DB, "checkout_session_id", sessionId);
  let changes = NO_CHANGES;
  if (licenseId === undefined) {
    if (order.state === "failed") return unchanged({ status: "failed" });
    if (!(await mayLookUpSession(c.env, sessionId))) return unchanged({ status: "pending" });
    await requireOwnLedger(c.env);
    const scope = await purchaseScope(c.env, c.var.config);
    const result = await fulfil(scope, sessionId, actorOf(c, `checkout:${order.id}`));
    if (result.status === "pending" && result.isCompleted) await noteReturn(c.env.DB, order, visitor);
    if (result.status !== "complete") {
      return unchanged({ status: result.status === "failed" ? "failed" : "pending" });
    }
    changes = purchaseChanges([result]);
    licenseId = result.licenseId;
  }
  const license = await readLicense(c.env.DB, licenseId);
  if (!license) return { view: null, changes };
  if (visitor.returnSecret !== undefined) {
    await requireOwnLedger(c.env);
    order = await noteReturn(c.env.DB, order, visitor);
  }
  const bought = await currentKey(c.var.config, license);
  const key = license.generation === 0 && (await isBuyer(visitor, order, c.var.now)) ? bought : null;
  const maskedKey = `${bought.slice(0, LICENSE_KEY_PREFIX.length + 4)}…${bought.slice(-4)}`;
  return { view: { status: "complete", license, key, maskedKey }, changes };
}

const unchanged = (view: SessionView | null): ViewedSession => ({ view, changes: NO_CHANGES });
