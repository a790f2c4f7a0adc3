import type { Context } from "hono";
import type { AppEnv } from "../../../platform/http/route.ts";
import { currentSession } from "../../../platform/identity/session/lifecycle.ts";
import type { SoldPlan } from "../../licensing/plans.ts";
import { markOfAddress } from "../../licensing/secrets.ts";
import { findTrial, hasMark } from "../../licensing/trial/store.ts";
import { buyerCookie, hashOf } from "./buyer.ts";

/**
 * Whether a checkout offers the plan's free trial. `used`: this visitor has had one. `none`: the plan has none.
 * `upgrade`: the license to upgrade works already.
 */
export type TrialOffer = { offered: true; reason: null } | { offered: false; reason: "used" | "none" | "upgrade" };

/** An upgrade is paid at once. */
export const NO_TRIAL_OF_UPGRADE: TrialOffer = { offered: false, reason: "upgrade" };

/**
 * The trial for this visitor, as far as it is known before the payment. It looks only at proofs that the visitor has: a
 * signed-in account, and a browser that paid a checkout. It never takes an address, because its answer
 * would tell anybody whether that address is a customer's. The fulfilment decides again, by address and payment method.
 * Throws D1's errors.
 */
export async function trialOfferFor<E extends AppEnv>(
  c: Context<E>,
  plan: Pick<SoldPlan, "trial_days">,
): Promise<TrialOffer> {
  if (plan.trial_days === 0) return { offered: false, reason: "none" };
  const isUsed = (await hasAccountTrial(c)) || (await hasBrowserTrial(c));
  return isUsed ? { offered: false, reason: "used" } : { offered: true, reason: null };
}

async function hasAccountTrial<E extends AppEnv>(c: Context<E>): Promise<boolean> {
  const by = (await currentSession(c, "account"))?.by;
  if (by === undefined) return false;
  if (by.kind === "license") return hasMark(c.env.DB, by.subject);
  return (await findTrial(c.env.DB, [await markOfAddress(c.var.config, by.subject)], null)) !== null;
}

/** The browser of an earlier checkout, which it also paid: its cookie is still there. */
async function hasBrowserTrial<E extends AppEnv>(c: Context<E>): Promise<boolean> {
  const cookie = buyerCookie(c);
  if (cookie === undefined) return false;
  const read = c.env.DB.prepare(
    `SELECT 1 AS found FROM orders JOIN licenses ON licenses.checkout_session_id = orders.checkout_session_id
       JOIN trial_marks ON trial_marks.license_id = licenses.id
     WHERE orders.cookie_hash = ? AND orders.returned_by = 'buyer' LIMIT 1`,
  );
  return (await read.bind(await hashOf(cookie)).first("found")) !== null;
}

/** The sentence about the trial on the payment page, beside its button. */
export const trialNotice = (offer: TrialOffer): string =>
  offer.reason === "upgrade"
    ? "An upgrade has no free trial, so your first payment is due today."
    : offer.offered
      ? "One free trial per customer: if this email address or payment method has had one, your first payment is due today."
      : "You have already had a free trial, so your first payment is due today.";
