import type Stripe from "stripe";
import { logEvent } from "../../../lib/log.ts";
import { ok } from "../../../lib/result.ts";
import { allows } from "../../../platform/config/scopes.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { change } from "../../../platform/storage/change.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import { isRevoked, type License } from "../../licensing/license/record.ts";
import { licenseRoot, readLicense, requireLicense } from "../../licensing/license/store.ts";
import { plans, type SoldPlanId } from "../../licensing/plans.ts";
import { paymentsOf } from "../../money/derive.ts";
import { paymentNews, paymentsWritten, readPayments } from "../../money/store.ts";
import { chargeKnown } from "../charges.ts";
import { machinesPaidFor } from "../machines.ts";
import { observe } from "../observation.ts";
import { type Refunded, readRefundable, refundLast } from "../refund.ts";
import type { Refundable } from "../refundable.ts";
import { derive, type PurchaseScope, purchaseChanges, type TouchedLicense } from "../sync.ts";
import { linksOf, paymentOf } from "./decision.ts";
import { finish, issueLicense, WHOLE_SESSION } from "./fulfilment.ts";
import { completion, orderRefunded } from "./hold.ts";
import { type Order, requireOrder } from "./order.ts";
import { liveSubscription } from "./upgrade.ts";

/**
 * How an admin solves a held order: by a license of a plan, for `machines` and to `email` unless the order knows them;
 * by an existing license that the payment is for; or by giving the money back.
 */
export type Resolution =
  | { plan: SoldPlanId; machines?: number | undefined; email?: string | undefined }
  | { license: string }
  | { refund: true };

/** A solved order, its license if it has one, the refund if there was one, and the changes to settle. */
export type ResolvedOrder = { order: Order; license: License | null; refund: Refunded | null; changes: Changes };

const kindOf = (wanted: Resolution): "plan" | "license" | "refund" =>
  "plan" in wanted ? "plan" : "license" in wanted ? "license" : "refund";

/** The scope that each resolution needs, beside reading: it is that of the same act without an order. */
const SCOPES = { plan: "licenses:issue", license: "licenses:write", refund: "money:refund" } as const;

/** Throws INSUFFICIENT_SCOPE unless the admin may solve an order in this way. */
export function checkMayResolve({ scopes }: Pick<AdminActor, "scopes">, wanted: Resolution): void {
  const scope = SCOPES[kindOf(wanted)];
  if (!allows(scopes, scope))
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: `This needs the scope ${scope}.` });
}

/** Throws CONFLICT if this order cannot be solved in this way. Null: it is solved in this way already. */
export function checkIsHeld(order: Order, wanted: Resolution): "held" | null {
  if (order.resolution === kindOf(wanted)) return null;
  if (order.state === "held") return "held";
  const detail =
    order.resolved_at === null
      ? `The order is ${order.state}, not held, so there is nothing to solve.`
      : "The order is solved already, in another way.";
  throw new Problem({ code: "CONFLICT", detail });
}

/**
 * Solves a held order. Its buyer is told by mail. `id` is the order's or its session's. Idempotent: an order that was
 * solved in the same way is returned as it is. Throws NOT_FOUND, LICENSE_NOT_FOUND, CONFLICT when the order is not held
 * or the resolution does not fit, INSUFFICIENT_SCOPE, and the errors of Stripe and D1.
 */
export async function resolveOrder(
  scope: PurchaseScope,
  admin: AdminActor,
  id: string,
  wanted: Resolution,
  reason: string,
): Promise<ResolvedOrder> {
  checkMayResolve(admin, wanted);
  const order = await requireOrder(scope.db, id);
  if (checkIsHeld(order, wanted) === null) return resolved(scope, order.id, [], null);
  const session = await scope.stripe.checkout.sessions.retrieve(order.checkout_session_id ?? "", WHOLE_SESSION);
  const by = { admin, reason };
  if ("plan" in wanted) return resolved(scope, order.id, [await byPlan(scope, order, session, wanted, by)], null);
  if ("license" in wanted) {
    return resolved(scope, order.id, [await byLicense(scope, order, session, wanted.license, by)], null);
  }
  const links = linksOf(session);
  const refund = await refundLast(scope.stripe, { id: order.id, ...links });
  await orderRefunded(scope, order.id, session, admin, reason);
  return resolved(scope, order.id, [], refund);
}

/** The license that a plan makes of an order; the license that gets its payment; or what a refund gives back. */
export type Foreseen =
  | { bought: { plan: SoldPlanId; machines: number; email: string } }
  | { license: License }
  | { refundable: Refundable | null; isSubscription: boolean };

/** What `resolveOrder` would do now, by a look at Stripe. Throws as it does, also for an order that is solved. */
export async function foreseeResolution(
  { db, stripe }: PurchaseScope,
  admin: AdminActor,
  id: string,
  wanted: Resolution,
): Promise<Foreseen> {
  checkMayResolve(admin, wanted);
  const order = await requireOrder(db, id);
  if (checkIsHeld(order, wanted) === null)
    throw new Problem({ code: "CONFLICT", detail: "The order is solved already." });
  const session = await stripe.checkout.sessions.retrieve(order.checkout_session_id ?? "", WHOLE_SESSION);
  const links = linksOf(session);
  const isSubscription = links.stripe_subscription_id !== null;
  if ("plan" in wanted) return { bought: boughtBy(order, session, wanted) };
  if ("license" in wanted) {
    const license = await requireLicense(db, wanted.license);
    const refusal = refusalOfPayment(license, isSubscription);
    if (refusal) throw new Problem({ code: "CONFLICT", detail: refusal });
    return { license };
  }
  return { refundable: await readRefundable(stripe, links), isSubscription };
}

type By = { admin: Actor; reason: string };

type ByPlan = Extract<Resolution, { plan: SoldPlanId }>;

/** The purchase that a plan makes of an order. Throws CONFLICT without an address, and for another than the buyer's. */
function boughtBy(order: Order, session: Stripe.Checkout.Session, { plan, machines, email }: ByPlan) {
  const payment = paymentOf(session);
  if (email !== undefined && payment.email !== null && email !== payment.email) {
    // Else the key, and the mail about it, would go past the buyer who paid.
    const detail = "The buyer paid with another email address. Leave out `email`, and amend the license afterwards.";
    throw new Problem({ code: "CONFLICT", detail });
  }
  const to = payment.email ?? email ?? null;
  if (to === null) {
    throw new Problem({ code: "CONFLICT", detail: "The order has no email address. Send the buyer's as `email`." });
  }
  return {
    plan,
    machines: machinesPaidFor(machines ?? order.machines, plans[plan].machine_limit),
    email: to,
    payment: { ...payment, email: to },
    links: linksOf(session),
  };
}

/** Makes a license of the plan, as a purchase would have. */
async function byPlan(
  scope: PurchaseScope,
  order: Order,
  session: Stripe.Checkout.Session,
  wanted: ByPlan,
  { admin, reason }: By,
): Promise<TouchedLicense> {
  const bought = boughtBy(order, session, wanted);
  return finish(scope, await issueLicense(scope, order, bought, admin, { resolution: "plan", reason }), admin);
}

/**
 * Gives the payment to an existing license. A license without a payment follows it from now on. One that has a payment
 * keeps following that, so it cannot take a second subscription.
 */
async function byLicense(
  scope: PurchaseScope,
  order: Order,
  session: Stripe.Checkout.Session,
  licenseId: string,
  { admin, reason }: By,
): Promise<TouchedLicense> {
  const { db, graceDays } = scope;
  const links = linksOf(session);
  const observation = await observe(scope.stripe, links);
  const sale = { sessionId: links.checkout_session_id, licenseId, payment: paymentOf(session), replaced: null };
  const { changeId } = await change(
    db,
    licenseRoot,
    licenseId,
    async (license) => {
      const refusal = refusalOfPayment(license, links.stripe_subscription_id !== null);
      if (refusal) throw new Problem({ code: "CONFLICT", detail: refusal });
      const isFollowed = license.checkout_session_id === null;
      const derived = derive({ ...license, ...links }, [], observation, { graceDays, now: admin.now });
      const known = await readPayments(db, { ...links, id: licenseId });
      const news = paymentNews(known, paymentsOf(observation, known));
      return ok({
        action: "order.resolve" as const,
        patch: isFollowed ? { ...links, ...derived.facts } : {},
        details: { order: order.id, resolution: "license" },
        beside: (made) => [
          ...completion(db, order, sale, made, "license"),
          ...(isFollowed ? derived.charges.map((charge) => chargeKnown(db, licenseId, charge, made)) : []),
          ...paymentsWritten(db, licenseId, news, made),
        ],
      });
    },
    { actor: admin, reason },
  );
  logEvent("order.solved", { order: order.id, resolution: "license" });
  return { licenseId, changeIds: changeId === null ? [] : [changeId] };
}

/** Why a license cannot take a payment, in a sentence; null if it can. */
function refusalOfPayment(license: License, isSubscription: boolean): string | null {
  if (isRevoked(license)) return "This license is revoked. Name another one, or refund the order.";
  if (!isSubscription) return null;
  if (liveSubscription(license) !== null) return "This license has a subscription already. Refund the order instead.";
  return license.checkout_session_id === null
    ? null
    : "This license follows a payment of its own, and this order is a subscription. Refund it, or make a new license.";
}

async function resolved(
  { db }: PurchaseScope,
  id: string,
  touched: TouchedLicense[],
  refund: Refunded | null,
): Promise<ResolvedOrder> {
  const order = await requireOrder(db, id);
  const license = order.license_id === null ? null : await readLicense(db, order.license_id);
  return { order, license, refund, changes: purchaseChanges(touched) };
}
