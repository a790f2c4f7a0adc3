import { licenseCreation, licenseRoot, requireLicense } from "../../src/domain/licensing/license/store.ts";
import { hashFingerprint } from "../../src/domain/licensing/machine/fingerprint.ts";
import { recordLease } from "../../src/domain/licensing/machine/seat.ts";
import { takeSeat } from "../../src/domain/licensing/machine/take-seat.ts";
import { grantAt, plans } from "../../src/domain/licensing/plans.ts";
import { orderCompleted } from "../../src/domain/purchase/checkout/order.ts";
import { eventHandled, keepEvent } from "../../src/domain/purchase/events/store.ts";
import { newId } from "../../src/lib/id.ts";
import { ok } from "../../src/lib/result.ts";
import { DAY, type UnixSeconds } from "../../src/lib/time.ts";
import { change, create } from "../../src/platform/storage/change.ts";
import type { Actor } from "../../src/platform/storage/ledger.ts";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** An id as Stripe makes them: a prefix and `length` letters. */
export const stripeId = (prefix: string, length: number): string =>
  `${prefix}_${Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => LETTERS[byte % 62]).join("")}`;

const actorOf = (actor: Actor["actor"], now: UnixSeconds): Actor => ({ actor, requestId: crypto.randomUUID(), now });

/** Sells a license as a webhook does: order, license, audit, mail, four events of Stripe. Returns its id. */
export async function sellLicense(db: D1Database, index: number, now: UnixSeconds): Promise<string> {
  const sessionId = stripeId("cs_live", 58);
  const plan = index % 3 === 0 ? plans["premium-monthly"] : plans["premium-lifetime"];
  const isSubscription = plan.id === "premium-monthly";
  const email = `customer${index}@example.com`;
  const price = isSubscription ? { amount_total: 9_900, currency: "usd" } : { amount_total: 27_900, currency: "eur" };
  await db
    .prepare(
      "INSERT INTO orders (id, checkout_session_id, plan, machines, cookie_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(newId("ord"), sessionId, plan.id, plan.machine_limit, "0".repeat(64), now)
    .run();
  const license = {
    id: newId("lic"),
    email,
    plan: plan.id,
    note: null,
    ...grantAt(plan, now),
    expires_at: isSubscription ? now + 30 * DAY + index : null,
    ...(isSubscription ? { subscription_state: "active" as const, grace_seconds: 7 * DAY } : {}),
    livemode: true,
    checkout_session_id: sessionId,
    stripe_customer_id: stripeId("cus", 14),
    stripe_subscription_id: isSubscription ? stripeId("sub", 24) : null,
    stripe_payment_intent_id: stripeId("pi", 24),
  };
  const actor = actorOf(`stripe:${stripeId("evt", 24)}`, now);
  const creation = licenseCreation(db, license, {
    action: "license.buy",
    details: { plan: plan.id, machine_limit: plan.machine_limit },
    beside: (made) => [
      orderCompleted(db, { sessionId, licenseId: license.id, payment: { email, ...price }, replaced: null }, made),
    ],
  });
  await create(db, creation, { actor });
  for (const type of ["checkout.session.completed", "invoice.paid", "charge.succeeded", "payment_intent.succeeded"]) {
    const event = { id: stripeId("evt", 24), type, object_id: stripeId("in", 24), created: now };
    await keepEvent(db, event, now);
    const outcome = `license ${license.id}`;
    await eventHandled(db, event.id, { outcome, attention: false, licenseIds: [license.id] }, now);
  }
  await db
    .prepare("UPDATE mails SET sent_at = ?, next_attempt_at = NULL, attempts = 1 WHERE license_id = ?")
    .bind(now, license.id)
    .run();
  await db.prepare("DELETE FROM outbox").run();
  return license.id;
}

/** Activates a machine of a license as its hive does. Returns its id. */
export async function activateHive(db: D1Database, licenseId: string, name: string, now: UnixSeconds): Promise<string> {
  const license = await requireLicense(db, licenseId);
  const facts = {
    forms: [await hashFingerprint(licenseId, name)] as const,
    name: `rig-${name}`,
    platform: "linux-x86_64",
  };
  const seat = await takeSeat(db, license, facts, actorOf(`license:${licenseId}`, now));
  if (!seat.ok) throw new Error(`no seat: ${seat.error.code}`);
  await db.prepare("DELETE FROM outbox").run();
  return seat.value.machine.id;
}

/** Grants a lease of a month, or renews one that runs until `leaseUntil`, and renews it on each of the next days. */
export async function renewLease(
  db: D1Database,
  licenseId: string,
  id: string,
  days: number,
  now: UnixSeconds,
  leaseUntil = 0,
): Promise<void> {
  let lease_until = leaseUntil;
  const license = { id: licenseId, seat_idle_seconds: null };
  for (let day = 0; day <= days; day++) {
    const at = now + day * DAY;
    await recordLease(db, license, { id, lease_until }, at + 30 * DAY, actorOf(`license:${licenseId}`, at));
    lease_until = at + 30 * DAY;
  }
}

/** Renews a license as the payment of a month does. */
export async function renewSubscription(db: D1Database, licenseId: string, now: UnixSeconds): Promise<void> {
  const actor = actorOf(`stripe:${stripeId("evt", 24)}`, now);
  const patch = { expires_at: now + 30 * DAY };
  await change(
    db,
    licenseRoot,
    licenseId,
    () => ok({ action: "license.follow-payment", patch, details: { ...patch } }),
    { actor },
  );
  await db.prepare("DELETE FROM outbox").run();
}
