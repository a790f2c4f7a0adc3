import { formatId, newIdBytes } from "../../../lib/id.ts";
import { create } from "../../../platform/storage/change.ts";
import { type Actor, isUniqueViolation } from "../../../platform/storage/ledger.ts";
import { type LicenseFacts, NEW_FACTS } from "../../licensing/license/record.ts";
import { licenseCreation, type NewLicense } from "../../licensing/license/store.ts";
import { grantAt, plans } from "../../licensing/plans.ts";
import { paymentsOf } from "../../money/derive.ts";
import { paymentNews, paymentsWritten, readPayments } from "../../money/store.ts";
import { chargeKnown } from "../charges.ts";
import type { StripeLinks } from "../observation.ts";
import {
  attentionFor,
  derive,
  licensesBehind,
  look,
  type PurchaseScope,
  type SyncOutcome,
  syncLicense,
} from "../sync.ts";
import { decideFulfilment, type Fulfilment } from "./decision.ts";
import { findOrder, orderMoved } from "./order.ts";

/**
 * The outcome of a checkout session. `foreign`: paid, but no license can be made; `attention`: it is a sale of ours.
 */
export type FulfilmentResult =
  | { status: "pending"; isCompleted: boolean }
  | { status: "failed" }
  | { status: "foreign"; reason: string; attention: boolean }
  | ({ status: "complete" } & SyncOutcome);

/**
 * Creates the license of a checkout session exactly once, and makes it follow its payment. The webhook, the success
 * page and the reconciliation call it, in any order and at the same time. The license is unique by its session, and
 * commits in one transaction with its order, audit entry, outbox entry and mail. Idempotent. Throws the errors of
 * Stripe and D1.
 */
export async function fulfil(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<FulfilmentResult> {
  const { db, stripe, livemode } = scope;
  let [licenseId] = await licensesBehind(db, "checkout_session_id", sessionId);
  if (licenseId === undefined) {
    const session = await stripe.checkout.sessions.retrieve(sessionId, { expand: ["line_items"] });
    const decision = decideFulfilment(session, livemode);
    if (decision.outcome === "pending" || decision.outcome === "failed") {
      await orderMoved(db, sessionId, decision.outcome).run();
      return decision.outcome === "failed"
        ? { status: "failed" }
        : { status: "pending", isCompleted: decision.isCompleted };
    }
    if (decision.outcome === "foreign") {
      const attention = decision.isOurs || (await findOrder(db, sessionId)) !== null;
      return { status: "foreign", reason: decision.reason, attention };
    }
    const issued = await issue(scope, sessionId, decision, actor);
    if (issued.changeIds.length > 0) return { status: "complete", ...issued };
    licenseId = issued.licenseId;
  }
  const synced = await syncLicense(scope, licenseId, actor);
  return { status: "complete", ...synced };
}

/**
 * Creates the license with all that its payment says at this moment, in one transaction. Without change ids, another
 * call has created it, perhaps after an older look at Stripe. The caller then syncs it.
 */
async function issue(
  scope: PurchaseScope,
  sessionId: string,
  bought: Extract<Fulfilment, { outcome: "issue" }>,
  actor: Actor,
): Promise<SyncOutcome> {
  const { db, graceDays, livemode } = scope;
  const plan = plans[bought.plan];
  const links: StripeLinks = {
    checkout_session_id: sessionId,
    stripe_customer_id: bought.customerId,
    stripe_subscription_id: bought.subscriptionId,
    stripe_payment_intent_id: bought.paymentIntentId,
  };
  const sold = { ...links, plan: plan.id, machine_limit_floor: null, plan_amended: false };
  const observation = await look(scope, links, [], actor.now);
  const derived = derive(sold, [], observation, { graceDays, now: actor.now });
  const license: NewLicense & LicenseFacts = {
    id: formatId("lic", newIdBytes()),
    email: bought.email,
    plan: plan.id,
    note: null,
    ...NEW_FACTS,
    ...grantAt(plan, actor.now),
    machine_limit: bought.machines,
    ...derived.facts,
    livemode,
    ...links,
  };
  const known = await readPayments(db, { id: license.id, checkout_session_id: sessionId });
  const news = paymentNews(known, paymentsOf(observation, known));
  const creation = licenseCreation(db, license, {
    action: "license.buy",
    details: { plan: plan.id, machine_limit: bought.machines },
    beside: (made) => [
      orderMoved(db, sessionId, "complete"),
      ...derived.charges.map((charge) => chargeKnown(db, license.id, charge, made)),
      ...paymentsWritten(db, license.id, news, made),
    ],
  });
  try {
    const { changes } = await create(db, creation, { actor });
    const changeIds = changes.stale.flatMap((one) => one.changeIds);
    return { licenseId: license.id, changeIds, attention: attentionFor(license, derived.unknownPrice, actor.now) };
  } catch (error) {
    if (!isUniqueViolation(error, "licenses.checkout_session_id")) throw error;
    const [issued] = await licensesBehind(db, "checkout_session_id", sessionId);
    if (issued === undefined) throw error;
    return { licenseId: issued, changeIds: [], attention: null };
  }
}
