import { ok } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { paidGrant } from "../licensing/license/paid-grant.ts";
import { type License, standingOf } from "../licensing/license/record.ts";
import { type LicensePatch, licensePublication, licenseRoot, type StripeLink } from "../licensing/license/store.ts";
import { chargeKnown, chargesOf, isSame, licenseChargeFacts, lookAtCharges } from "./charges.ts";
import { type StripeClient, stripeClient } from "./stripe.ts";
import { subscriptionFacts } from "./subscription.ts";

/** The dependencies of a purchase. */
export type PurchaseScope = { db: D1Database; stripe: StripeClient; graceDays: number; livemode: boolean };

/** The dependencies of a purchase, from the configuration. Throws SERVICE_UNAVAILABLE when nothing is sold. */
export const purchaseScope = async (env: Env, config: Config): Promise<PurchaseScope> => ({
  db: env.DB,
  stripe: await stripeClient(config),
  graceDays: config.GRACE_DAYS,
  livemode: config.LIVEMODE,
});

/**
 * The changes to settle for synced licenses. An unchanged license is not published again, because Stripe may send one
 * event twenty times. Mails may have been queued, too.
 */
export const purchaseChanges = (licenses: readonly TouchedLicense[]): Changes => ({
  stale: licenses
    .filter(({ changeIds }) => changeIds.length > 0)
    .map(({ licenseId, changeIds }) => ({ ...licensePublication(licenseId), changeIds })),
  mail: true,
});

/** A license that was synced, with its changes. */
export type TouchedLicense = { licenseId: string; changeIds: string[] };

/** The outcome of a sync. `attention` is a message for admins, or null. */
export type SyncOutcome = TouchedLicense & { attention: string | null };

/**
 * Makes a license follow its payments: it fetches the current state from Stripe, and writes the facts that differ. The
 * license is read before Stripe is asked, and the write takes effect only if the license has not changed since. So of
 * two concurrent syncs, the one with the older state cannot write last. `chargeId` adds a charge. Idempotent; an error
 * leaves nothing half-done. Throws the errors of Stripe and D1.
 */
export async function syncLicense(
  { db, stripe, graceDays }: Pick<PurchaseScope, "db" | "stripe" | "graceDays">,
  licenseId: string,
  actor: Actor,
  chargeId: string | null = null,
): Promise<SyncOutcome> {
  let attention: string | null = null;
  const { changeId } = await change(
    db,
    licenseRoot,
    licenseId,
    async (license) => {
      const known = await chargesOf(db, licenseId);
      const { facts, unknownPrice } = await moneyFacts(stripe, license, graceDays, actor.now);
      const looked = await lookAtCharges(stripe, license, known, chargeId);
      const charges = [...known.filter((old) => !looked.some((one) => one.charge_id === old.charge_id)), ...looked];
      const wanted = { ...facts, ...licenseChargeFacts(charges, license.stripe_subscription_id !== null) };
      const patch = difference(license, wanted);
      attention = attentionFor({ ...license, ...wanted }, unknownPrice, actor.now);
      const news = looked.filter((charge) => !known.some((old) => isSame(old, charge)));
      if (Object.keys(patch).length === 0 && news.length === 0) return ok(null);
      return ok({
        action: "license.follow-payment",
        patch,
        details: { ...patch },
        beside: (made) => news.map((charge) => chargeKnown(db, licenseId, charge, made)),
      });
    },
    { actor },
  );
  return { licenseId, changeIds: changeId === null ? [] : [changeId], attention };
}

/** The message about a price without a plan, or a revoked license still billed. Only a person can fix these. */
function attentionFor(license: License, unknownPrice: string | null, now: UnixSeconds): string | null {
  if (unknownPrice !== null) return `unknown price ${unknownPrice}`;
  const isBilled = license.subscription_state === "active" || license.subscription_state === "past_due";
  return isBilled && standingOf(license, now).status === "revoked" ? `${license.id} is revoked and still billed` : null;
}

/** The facts of a license's subscription in its current state. A one-time purchase has none. */
async function moneyFacts(
  stripe: StripeClient,
  license: License,
  graceDays: number,
  now: UnixSeconds,
): Promise<{ facts: LicensePatch; unknownPrice: string | null }> {
  if (license.stripe_subscription_id === null) return { facts: {}, unknownPrice: null };
  const subscription = await stripe.subscriptions.retrieve(license.stripe_subscription_id);
  const unpaidSince = subscription.status === "past_due" ? await oldestOpenInvoice(stripe, subscription.id) : null;
  const { plan, machine_limit, unknown_price, ...facts } = subscriptionFacts(subscription, graceDays, unpaidSince);
  if (plan === null || machine_limit === null) return { facts, unknownPrice: unknown_price };
  const paid = { plan, machines: machine_limit, hasEnded: facts.subscription_state === "ended" };
  return { facts: { ...facts, ...paidGrant(license, paid, now) }, unknownPrice: null };
}

async function oldestOpenInvoice(stripe: StripeClient, subscriptionId: string): Promise<UnixSeconds | null> {
  const { data } = await stripe.invoices.list({ subscription: subscriptionId, status: "open", limit: 100 });
  return data.length === 0 ? null : Math.min(...data.map(({ created }) => created));
}

function difference(license: License, wanted: LicensePatch): LicensePatch {
  const entries = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(license[name as keyof LicensePatch]) !== JSON.stringify(value),
  );
  return Object.fromEntries(entries);
}

/** The ids of the licenses with this id of Stripe's. Throws D1's errors. */
export async function licensesBehind(db: D1Database, link: StripeLink, id: string): Promise<string[]> {
  const { results } = await db.prepare(`SELECT id FROM licenses WHERE ${link} = ?`).bind(id).all<{ id: string }>();
  return results.map((row) => row.id);
}
