import { formatId, newIdBytes } from "../../../lib/id.ts";
import { create } from "../../../platform/storage/change.ts";
import { type Actor, isUniqueViolation } from "../../../platform/storage/ledger.ts";
import { licenseCreation, type NewLicense } from "../../licensing/license/store.ts";
import { grantAt, plans } from "../../licensing/plans.ts";
import { type SubscriptionFacts, subscriptionFacts } from "../subscription.ts";
import { licensesBehind, type PurchaseScope, type SyncOutcome, syncLicense, type TouchedLicense } from "../sync.ts";
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
  const { db, stripe, graceDays, livemode } = scope;
  let [licenseId] = await licensesBehind(db, "checkout_session_id", sessionId);
  const changeIds: string[] = [];
  if (licenseId === undefined) {
    const session = await stripe.checkout.sessions.retrieve(sessionId, {
      expand: ["line_items", "subscription"],
    });
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
    const paid =
      typeof session.subscription === "object" && session.subscription !== null
        ? subscriptionFacts(session.subscription, graceDays, null)
        : null;
    const issued = await issue(db, sessionId, decision, paid, livemode, actor);
    licenseId = issued.licenseId;
    changeIds.push(...issued.changeIds);
  }
  const synced = await syncLicense(scope, licenseId, actor);
  return { status: "complete", ...synced, changeIds: [...changeIds, ...synced.changeIds] };
}

async function issue(
  db: D1Database,
  sessionId: string,
  bought: Extract<Fulfilment, { outcome: "issue" }>,
  paid: SubscriptionFacts | null,
  livemode: boolean,
  actor: Actor,
): Promise<TouchedLicense> {
  const plan = plans[bought.plan];
  const license: NewLicense = {
    id: formatId("lic", newIdBytes()),
    email: bought.email,
    plan: plan.id,
    note: null,
    ...grantAt(plan, actor.now),
    machine_limit: bought.machines,
    expires_at: paid?.expires_at ?? null,
    ...(paid && {
      subscription_state: paid.subscription_state,
      grace_seconds: paid.grace_seconds,
      machine_limit_paid: bought.machines,
    }),
    livemode,
    checkout_session_id: sessionId,
    stripe_customer_id: bought.customerId,
    stripe_subscription_id: bought.subscriptionId,
    stripe_payment_intent_id: bought.paymentIntentId,
  };
  const mail = {
    licenseId: license.id,
    kind: "license_key",
    occasion: sessionId,
    to: bought.email,
    data: {},
  } as const;
  const creation = licenseCreation(db, license, {
    action: "license.buy",
    details: { plan: plan.id, machine_limit: bought.machines },
    mail,
    beside: () => [orderMoved(db, sessionId, "complete")],
  });
  try {
    const { changes } = await create(db, creation, { actor });
    return { licenseId: license.id, changeIds: changes.stale.flatMap(({ changeIds }) => changeIds) };
  } catch (error) {
    if (!isUniqueViolation(error, "licenses.checkout_session_id")) throw error;
    const [issued] = await licensesBehind(db, "checkout_session_id", sessionId);
    if (issued === undefined) throw error;
    return { licenseId: issued, changeIds: [] };
  }
}
