import type Stripe from "stripe";
import { formatId, newIdBytes } from "../../../lib/id.ts";
import { logEvent } from "../../../lib/log.ts";
import { create } from "../../../platform/storage/change.ts";
import { type Actor, isUniqueViolation } from "../../../platform/storage/ledger.ts";
import { type LicenseFacts, NEW_FACTS } from "../../licensing/license/record.ts";
import { licenseCreation, type NewLicense } from "../../licensing/license/store.ts";
import { grantAt, plans } from "../../licensing/plans.ts";
import { hasMark, marksTaken } from "../../licensing/trial/store.ts";
import { paymentsOf } from "../../money/derive.ts";
import { mailsOfPayments } from "../../money/mails.ts";
import { paymentNews, paymentsWritten, readPayments } from "../../money/store.ts";
import { chargeKnown } from "../charges.ts";
import {
  attentionFor,
  derive,
  licensesBehind,
  look,
  type PurchaseScope,
  type SyncOutcome,
  syncLicense,
} from "../sync.ts";
import { decideFulfilment, type Fulfilment, isRefunded, type Purchase } from "./decision.ts";
import { completion, holdOrder, orderRefunded } from "./hold.ts";
import { consentOf, findOrder, licenseOfSession, type Order, orderMoved, orderOfOtherSale } from "./order.ts";
import { endReplaced, upgradeLicense } from "./upgrade.ts";

/** The outcome of a checkout session. `foreign`: it sells another product. `held`: its order waits for an admin. */
export type FulfilmentResult =
  | { status: "pending"; isCompleted: boolean }
  | { status: "failed" }
  | { status: "foreign"; reason: string }
  | { status: "held"; order: Order; reason: string }
  | ({ status: "complete" } & SyncOutcome);

/** A license that a session has made or changed. Without change ids, an earlier call did it. */
export type Made = { status: "made" } & SyncOutcome;

type Fulfilled = Exclude<FulfilmentResult, { status: "complete" }> | Made;

/**
 * Fulfils a checkout session exactly once: it creates or upgrades a license with all that its payment says, or holds
 * the order. The webhook, the success page and the reconciliation call it, in any order and at the same time. The
 * license commits in one transaction with its order, audit entry, outbox entry and mail. Idempotent. Throws the errors
 * of Stripe and D1.
 */
export async function fulfil(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<FulfilmentResult> {
  const known = await licenseOfSession(scope.db, sessionId);
  const done: Fulfilled =
    known === null
      ? await fulfilNew(scope, sessionId, actor)
      : { status: "made", licenseId: known, changeIds: [], attention: null };
  return done.status === "made" ? { ...(await finish(scope, done, actor)), status: "complete" } : done;
}

/** What follows once a license is made: its replaced subscription ends, and an older look at Stripe is renewed. */
export async function finish(scope: PurchaseScope, made: SyncOutcome, actor: Actor): Promise<SyncOutcome> {
  await endReplaced(scope, actor.now, made.licenseId);
  return made.changeIds.length > 0 ? made : syncLicense(scope, made.licenseId, actor);
}

/** What a fulfilment needs of a session, in one request: its price in every currency, and whether it was refunded. */
export const WHOLE_SESSION = { expand: ["line_items.data.price.currency_options", "payment_intent.latest_charge"] };

/** Fulfils a session that has no license yet. */
async function fulfilNew(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<Fulfilled> {
  const { db, livemode } = scope;
  const order = await findOrder(db, sessionId);
  if (order && order.resolved_at !== null) return { status: "failed" };
  const session = await scope.stripe.checkout.sessions.retrieve(sessionId, WHOLE_SESSION);
  if (order?.state === "held" && isRefunded(session)) {
    await orderRefunded(scope, order.id, session, actor);
    return { status: "failed" };
  }
  const decision = decideFulfilment(session, livemode, { beganHere: order !== null });
  switch (decision.outcome) {
    case "foreign":
      return { status: "foreign", reason: decision.reason };
    case "pending":
      await orderMoved(db, sessionId, "pending").run();
      return { status: "pending", isCompleted: decision.isCompleted };
    case "failed":
      await orderMoved(db, sessionId, "failed").run();
      return { status: "failed" };
    case "held":
      return hold(scope, session, order, decision, actor);
    case "issue":
      return order?.upgrades
        ? upgrade(scope, { ...order, upgrades: order.upgrades }, session, decision, actor)
        : issueLicense(scope, order, decision, actor);
  }
}

/** Holds the order of a session. A sale that did not begin here gets its order first. */
async function hold(
  scope: PurchaseScope,
  session: Stripe.Checkout.Session,
  known: Order | null,
  held: Extract<Fulfilment, { outcome: "held" }>,
  actor: Actor,
): Promise<Fulfilled> {
  const { db, livemode } = scope;
  const { id: sessionId } = session;
  if (known === null && held.sale) await orderOfOtherSale(db, { ...held.sale, sessionId, livemode }, actor.now).run();
  const order = known ?? (await findOrder(db, sessionId));
  if (order === null) return { status: "foreign", reason: held.detail };
  const { row } = await holdOrder(scope, order.id, session, held, actor);
  return { status: "held", order: row, reason: held.detail };
}

async function upgrade(
  scope: PurchaseScope,
  order: Order & { upgrades: string },
  session: Stripe.Checkout.Session,
  bought: Purchase,
  actor: Actor,
): Promise<Fulfilled> {
  const upgraded = await upgradeLicense(scope, order, bought, actor);
  if (upgraded.ok) return { status: "made", ...upgraded.value };
  const detail = `the license ${order.upgrades} cannot be upgraded: ${upgraded.error}`;
  const { row } = await holdOrder(scope, order.id, session, { reason: "upgrade_impossible", detail }, actor);
  return { status: "held", order: row, reason: detail };
}

/**
 * Creates the license that a session has bought with all that its payment says at this moment, and completes its
 * order, in one transaction. Without change ids, another call has created it, perhaps after an older look at Stripe.
 * The caller then syncs it. `resolution`: how the order was solved, if it was held. Throws the errors of Stripe and D1.
 */
export async function issueLicense(
  scope: PurchaseScope,
  order: Order | null,
  bought: Purchase,
  actor: Actor,
  { resolution = "retry", reason = null }: { resolution?: "retry" | "plan"; reason?: string | null } = {},
): Promise<Made> {
  const { db, graceDays, livemode } = scope;
  const plan = plans[bought.plan];
  const { links } = bought;
  const { checkout_session_id: sessionId } = links;
  const sold = { ...links, plan: plan.id, machine_limit_floor: null, plan_amended: false, cancel_due_at: null };
  const buyer = { licenseId: null, email: bought.email };
  const { observation, marks } = await look(scope, links, [], buyer, actor.now);
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
  const sale = { sessionId, licenseId: license.id, payment: bought.payment, replaced: null };
  const creation = licenseCreation(db, license, {
    action: "license.buy",
    details: { plan: plan.id, machine_limit: license.machine_limit, ...consentOf(order) },
    mails: mailsOfPayments([], news.written, { now: actor.now, isDue: false })
      .filter(({ kind }) => kind === "license_refunded")
      .map((mail) => ({ licenseId: license.id, to: license.email, ...mail })),
    beside: (made) => [
      orderOfOtherSale(db, { sessionId, plan: plan.id, machines: bought.machines, livemode }, made.at),
      ...completion(db, order, sale, made, resolution),
      ...derived.charges.map((charge) => chargeKnown(db, license.id, charge, made)),
      ...paymentsWritten(db, license.id, news, made),
      ...(marks.length > 0 ? [marksTaken(db, license.id, marks, made.at)] : []),
    ],
  });
  try {
    const { changes } = await create(db, creation, { actor, reason });
    const changeIds = changes.stale.flatMap((one) => one.changeIds);
    if (order?.state === "held") logEvent("order.solved", { order: order.id, resolution });
    if (marks.length > 0 && !(await hasMark(db, license.id))) {
      // Another license has taken the buyer's only trial since the look. The sync ends this one.
      const synced = await syncLicense(scope, license.id, actor);
      return { ...synced, status: "made", changeIds: [...changeIds, ...synced.changeIds] };
    }
    const attention = attentionFor({ cancel_due_at: null, ...license }, derived.unknownPrice, actor.now);
    return { status: "made", licenseId: license.id, changeIds, attention };
  } catch (error) {
    if (!isUniqueViolation(error, "licenses.checkout_session_id")) throw error;
    const [issued] = await licensesBehind(db, "checkout_session_id", sessionId);
    if (issued === undefined) throw error;
    return { status: "made", licenseId: issued, changeIds: [], attention: null };
  }
}
