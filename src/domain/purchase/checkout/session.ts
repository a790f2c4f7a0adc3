import { LICENSE_KEY_PREFIX } from "../../../lib/credential.ts";
import { logFailure } from "../../../lib/log.ts";
import { mayLookUpSession } from "../../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../../platform/http/router.ts";
import { requireOwnLedger } from "../../../platform/storage/deployment.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../../platform/storage/settle.ts";
import type { License } from "../../licensing/license/record.ts";
import { readLicense } from "../../licensing/license/store.ts";
import { currentKey } from "../../licensing/secrets.ts";
import { isStripeOutage } from "../stripe.ts";
import { purchaseChanges, purchaseScope } from "../sync.ts";
import { isBuyer, noteReturn, type Visitor } from "./buyer.ts";
import { type FulfilmentResult, fulfil } from "./fulfilment.ts";
import { findOrder, licenseOfSession, type Order } from "./order.ts";

/** How long a client should wait before it asks again for a checkout that we know nothing of yet, in seconds. */
export const ASK_AGAIN_SECONDS = 5;

/**
 * A checkout as the visitor may see it. `pending`: not paid yet. `unknown`: the payment provider does not answer, so we
 * do not know. `held`: it is paid, and an admin must look. `key` is the key that was bought. It is null for an upgrade,
 * which keeps the key; for any browser that did not both begin and pay the checkout; and after the key was replaced,
 * because that browser may be the reason.
 */
export type SessionView =
  | { status: "pending" | "failed" | "unknown" }
  | { status: "held"; order: string; isMailed: boolean }
  | {
      status: "complete";
      license: License;
      key: string | null;
      maskedKey: string;
      /** Whether the license is described: it is with its key, and to the buyer of an upgrade. */
      showsLicense: boolean;
      isUpgrade: boolean;
      /** The worker whose page the buyer came from, by id; null: none. */
      worker: string | null;
    };

const SESSION_ID = /cs_(?:test|live)_[A-Za-z0-9_]{1,200}/;

/** The id of a checkout session in a text, which may have other characters around it; undefined if there is none. */
export const sessionIdIn = (text: string): string | undefined => SESSION_ID.exec(text)?.[0];

/** A view of a checkout, null if none began here, and the changes to settle. */
type ViewedSession = { view: SessionView | null; changes: Changes };

type Scope = Pick<RequestScope, "env" | "var">;

/**
 * The status of a checkout session that began here, for this visitor. It fulfils the session if the webhook has not
 * come yet, and notes the first return from its payment. Null for any other text, including the literal
 * `{CHECKOUT_SESSION_ID}`, without a request to Stripe. Past the rate limit, a session without a license is `pending`
 * until its webhook comes. Throws D1's errors, and those of Stripe that are no outage.
 */
export async function viewSession(c: Scope, sessionId: string, visitor: Visitor): Promise<ViewedSession> {
  const order = sessionIdIn(sessionId) === sessionId ? await findOrder(c.env.DB, sessionId) : null;
  if (!order?.cookie_hash) return unchanged(null);
  const licenseId = await licenseOfSession(c.env.DB, sessionId);
  if (licenseId !== null) return { view: await completeView(c, order, licenseId, visitor), changes: NO_CHANGES };
  if (order.state === "failed") return unchanged({ status: "failed" });
  if (order.state === "held") return { view: await heldView(c, order, visitor), changes: NO_CHANGES };
  if (!(await mayLookUpSession(c.env, sessionId))) return unchanged({ status: "pending" });
  await requireOwnLedger(c.env);
  const result = await lookUp(c, order, sessionId);
  switch (result?.status) {
    case undefined:
      return unchanged({ status: "unknown" });
    case "complete": {
      const view = await completeView(c, order, result.licenseId, visitor);
      return { view, changes: purchaseChanges([result]) };
    }
    case "held":
      return { view: await heldView(c, result.order, visitor), changes: purchaseChanges([]) };
    case "failed":
      return { view: { status: "failed" }, changes: purchaseChanges([]) };
    default:
      if (result?.status === "pending" && result.isCompleted) await noteReturn(c.env.DB, order, visitor);
      return unchanged({ status: "pending" });
  }
}

/** Fulfils the session of an order. Null: Stripe does not answer. */
async function lookUp(c: Scope, order: Order, sessionId: string): Promise<FulfilmentResult | null> {
  try {
    const scope = await purchaseScope(c.env, c.var.config);
    return await fulfil(scope, sessionId, actorOf(c, `checkout:${order.id}`));
  } catch (error) {
    if (!isStripeOutage(error)) throw error;
    logFailure("checkout.unknown", error, { order: order.id, request_id: c.var.requestId });
    return null;
  }
}

async function heldView(c: Scope, order: Order, visitor: Visitor): Promise<SessionView> {
  await returned(c, order, visitor);
  return { status: "held", order: order.id, isMailed: order.email !== null };
}

async function completeView(c: Scope, found: Order, licenseId: string, visitor: Visitor): Promise<SessionView | null> {
  const license = await readLicense(c.env.DB, licenseId);
  if (!license) return null;
  const order = await returned(c, found, visitor);
  const bought = await currentKey(c.var.config, license);
  const isUpgrade = order.upgrades !== null;
  const isTheirs = await isBuyer(visitor, order, c.var.now);
  const key = isTheirs && !isUpgrade && license.generation === 0 ? bought : null;
  const maskedKey = `${bought.slice(0, LICENSE_KEY_PREFIX.length + 4)}…${bought.slice(-4)}`;
  const showsLicense = isUpgrade ? isTheirs : key !== null;
  return { status: "complete", license, key, maskedKey, showsLicense, isUpgrade, worker: order.worker };
}

/** `noteReturn` for a paid order, if the visitor came by the return address. */
async function returned(c: Scope, order: Order, visitor: Visitor): Promise<Order> {
  if (visitor.returnSecret === undefined) return order;
  await requireOwnLedger(c.env);
  return noteReturn(c.env.DB, order, visitor);
}

const unchanged = (view: SessionView | null): ViewedSession => ({ view, changes: NO_CHANGES });
