import { newId } from "../../../lib/id.ts";
import { logFailure } from "../../../lib/log.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { change } from "../../../platform/storage/change.ts";
import { type Actor, type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { limitOf } from "../../licensing/license/paid-grant.ts";
import { type License, type LicenseRow, standingOf } from "../../licensing/license/record.ts";
import { type LicensePatch, licenseRoot } from "../../licensing/license/store.ts";
import { grantAt, intervalOf, plans, type SoldPlanId } from "../../licensing/plans.ts";
import { paymentsOf } from "../../money/derive.ts";
import { paymentNews, paymentsWritten, readPayments } from "../../money/store.ts";
import { chargeKnown, chargesOf } from "../charges.ts";
import { isMissing } from "../stripe.ts";
import { attentionFor, derive, look, type PurchaseScope, type SyncOutcome } from "../sync.ts";
import type { Purchase } from "./decision.ts";
import { completion } from "./hold.ts";
import { type Order, requireOrder } from "./order.ts";

/** Why a license cannot become one of a plan that is paid for now. */
export type UpgradeRefusal = "revoked" | "suspended" | "endless" | "subscribed";

/** The subscription of a license that Stripe may still charge, or null. */
export const liveSubscription = ({
  stripe_subscription_id,
  subscription_state,
}: Pick<LicenseRow, "stripe_subscription_id" | "subscription_state">): string | null =>
  subscription_state === "ended" || subscription_state === "none" ? null : stripe_subscription_id;

/**
 * Decides whether a license can become one of `plan`, with its key and machines kept: an issued one, one that has
 * ended, or one with a subscription to another plan. So no license ever has two live subscriptions. A payment that is
 * overdue is no reason against it.
 */
export function refusalOfUpgrade(license: License, plan: SoldPlanId, now: UnixSeconds): UpgradeRefusal | null {
  const standing = standingOf(license, now);
  if (standing.status === "revoked") return "revoked";
  if (standing.status === "suspended" && standing.cause !== "subscription") return "suspended";
  const isLive = liveSubscription(license) !== null;
  if (!isLive && license.expires_at === null) return "endless";
  return isLive && license.plan === plan && intervalOf(plans[plan]) !== null ? "subscribed" : null;
}

/** A refusal of an upgrade in words, before anything is paid. */
export function explainUpgradeRefusal(refusal: UpgradeRefusal, plan: SoldPlanId): Refusal {
  switch (refusal) {
    case "revoked":
      return {
        code: "LICENSE_REVOKED",
        detail: "This license has been revoked, so it cannot be upgraded. Nothing was charged.",
      };
    case "suspended":
      return {
        code: "LICENSE_SUSPENDED",
        detail: "This license is suspended, so it cannot be upgraded. Nothing was charged.",
      };
    case "endless":
      return { code: "CONFLICT", detail: "This license has no end, so there is nothing to upgrade." };
    case "subscribed":
      return {
        code: "CONFLICT",
        detail: `This license already has ${plans[plan].name}. Change the number of machines in the billing portal.`,
      };
  }
}

/**
 * Upgrades the license of a paid order: plan, grant and payment change, and key and machines stay. In the same
 * transaction the order is completed and notes the old subscription, which `endReplaced` then ends. The license names
 * its new checkout; the orders lead from the earlier ones to it, so late events of the old payment find it. Idempotent.
 * The error says why the license cannot be upgraded any more: the order is then held. Throws the errors of Stripe and
 * D1.
 */
export async function upgradeLicense(
  scope: PurchaseScope,
  order: Order & { upgrades: string },
  bought: Purchase,
  actor: Actor,
): Promise<Result<SyncOutcome, UpgradeRefusal>> {
  const { db, graceDays } = scope;
  const { upgrades: id, id: orderId } = order;
  const { links } = bought;
  let refusal: UpgradeRefusal | null = null;
  let attention: string | null = null;
  const { changeId } = await change(
    db,
    licenseRoot,
    id,
    async (license) => {
      // Both are read anew at each attempt: another fulfilment of this session may have done the work.
      const { state, resolved_at } = await requireOrder(db, orderId);
      refusal = null;
      if (state === "complete" || resolved_at !== null) return ok(null);
      refusal = refusalOfUpgrade({ ...license, admin_state: revokedOnly(license) }, bought.plan, actor.now);
      if (refusal !== null) return ok(null);
      const { plan, ...grant } = upgradedGrant(license, bought, actor.now);
      // With the payment of this checkout, if it was held: the rows of its invoice replace that.
      const paid = { id, checkout_session_id: links.checkout_session_id };
      const [known, payments] = await Promise.all([chargesOf(db, id), readPayments(db, paid)]);
      const ids = known.map(({ charge_id }) => charge_id);
      const buyer = { licenseId: id, email: license.email };
      const { observation } = await look(scope, links, ids, buyer, actor.now);
      const { machine_limit_floor } = license;
      const sold = { ...links, plan, plan_amended: false, machine_limit_floor, cancel_due_at: null };
      const derived = derive(sold, known, observation, { graceDays, now: actor.now });
      const patch: LicensePatch = { ...NO_SUBSCRIPTION, plan, ...grant, ...links, ...derived.facts };
      attention = attentionFor({ ...license, ...patch }, derived.unknownPrice, actor.now);
      const sale = {
        sessionId: links.checkout_session_id,
        licenseId: id,
        payment: bought.payment,
        replaced: liveSubscription(license),
      };
      return ok({
        action: "license.upgrade",
        patch,
        details: {
          from: license.plan,
          plan,
          machine_limit: patch.machine_limit ?? grant.machine_limit,
          order: orderId,
        },
        beside: (made) => [
          ...earlierOrder(db, license, made),
          ...completion(db, order, sale, made),
          ...derived.charges.map((charge) => chargeKnown(db, id, charge, made)),
          ...paymentsWritten(db, id, paymentNews(payments, paymentsOf(observation, payments)), made),
        ],
      });
    },
    { actor },
  );
  if (refusal !== null) return err(refusal);
  return ok({ licenseId: id, changeIds: changeId === null ? [] : [changeId], attention });
}

/** The facts of a license that no subscription pays for any more. An overdue payment of the old one is forgotten. */
const NO_SUBSCRIPTION = {
  subscription_state: "none",
  expires_at: null,
  grace_seconds: 0,
  machine_limit_paid: null,
} as const satisfies LicensePatch;

/** The plan and the grant that an upgrade gives. An admin's floor of the machine limit stays. */
const upgradedGrant = (license: License, { plan, machines }: Purchase, now: UnixSeconds) => ({
  plan,
  plan_amended: false,
  ...grantAt(plans[plan], now),
  machine_limit: limitOf(machines, license.machine_limit_floor),
});

/** The statement by which the license's checkout so far keeps leading to it. Orders of 2026 may have been purged. */
const earlierOrder = (db: D1Database, license: License, made: Change): D1PreparedStatement[] =>
  license.checkout_session_id === null
    ? []
    : [
        ifChanged(
          db,
          { table: "licenses", id: license.id },
          made.id,
          `INSERT INTO orders (id, checkout_session_id, plan, machines, state, license_id, email, livemode, created_at)
           SELECT ?, ?, ?, ?, 'complete', ?, ?, ?, ? WHERE TOOK_EFFECT ON CONFLICT DO NOTHING`,
          newId("ord"),
          license.checkout_session_id,
          license.plan,
          license.machine_limit,
          license.id,
          license.email,
          license.livemode ? 1 : 0,
          license.created_at,
        ),
      ];

/** A suspension by an admin between the beginning and the payment does not undo a purchase: it goes on afterwards. */
const revokedOnly = ({ admin_state }: License): License["admin_state"] =>
  admin_state === "revoked" ? "revoked" : "none";

/** The subscriptions that one call ends. */
const AT_ONCE = 10;

/**
 * Ends the subscriptions that upgrades have replaced, with Stripe's proration: the unused rest becomes a credit of the
 * customer. `licenseId` limits it to one license. A failure is logged, and the cron retries it, because the upgrade is
 * committed and the buyer must not wait. Idempotent. Throws D1's errors.
 */
export async function endReplaced(
  { db, stripe }: Pick<PurchaseScope, "db" | "stripe">,
  now: UnixSeconds,
  licenseId: string | null = null,
): Promise<void> {
  const { results } = await db
    .prepare(
      `SELECT id, replaced_subscription_id AS subscription FROM orders
       WHERE id > '' AND replaced_subscription_id IS NOT NULL AND replaced_at IS NULL AND (?1 IS NULL OR license_id = ?1)
       ORDER BY id LIMIT ?2`,
    )
    .bind(licenseId, AT_ONCE)
    .all<{ id: string; subscription: string }>();
  for (const { id, subscription } of results) {
    try {
      const { status } = await stripe.subscriptions.retrieve(subscription);
      if (status !== "canceled" && status !== "incomplete_expired") {
        await stripe.subscriptions.cancel(subscription, { prorate: true, invoice_now: true });
      }
    } catch (error) {
      // Stripe does not have it any more, or somebody has canceled it in between: nothing is left to end.
      if (!isMissing(error)) {
        logFailure("order.old_subscription_runs", error, { order: id });
        continue;
      }
    }
    await db.prepare("UPDATE orders SET replaced_at = ? WHERE id = ?").bind(now, id).run();
  }
}
