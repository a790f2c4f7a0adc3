import { logFailure } from "../../lib/log.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { type Job, shortJob } from "../../platform/jobs/job.ts";
import { CUSTOMER_ADDRESSES } from "../licensing/admin/amend.ts";
import { ERASED } from "../licensing/license/record.ts";
import { type EventOutcome, ignored, outcomeOf } from "./events/follow.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { isMissing, isStripeOutage, stripeClient } from "./stripe.ts";
import type { PurchaseScope } from "./sync.ts";

/** The customers of one run. A later run has the others. */
const AT_ONCE = 50;

/**
 * Gives the customers at Stripe the addresses that admins have amended, so that invoices and receipts go there, too.
 * An amendment starts it; every ten minutes it tries again what Stripe did not take.
 */
export const customerAddressesJob: Job = shortJob(
  CUSTOMER_ADDRESSES,
  (at) => at % (10 * MINUTE) === 0,
  ({ env, now }) => updateCustomerAddresses(env, now),
);

/**
 * The work of `customerAddressesJob`. A customer whom Stripe does not have any more needs no address. Any other refusal
 * is logged, and tried again later. Idempotent. Throws Stripe's errors while it is out, and D1's.
 */
export async function updateCustomerAddresses(env: Env, now: UnixSeconds): Promise<void> {
  const config = configOf(env);
  if (config.STRIPE_SECRET_KEY === "") return;
  const { results } = await env.DB.prepare(
    "SELECT id, email, stripe_customer_id AS customer FROM licenses WHERE customer_email_due = 1 ORDER BY id LIMIT ?",
  )
    .bind(AT_ONCE)
    .all<{ id: string; email: string; customer: string }>();
  if (results.length === 0) return;
  const stripe = await stripeClient(config);
  for (const { id, email, customer } of results) {
    try {
      if (email !== ERASED) await stripe.customers.update(customer, { email });
    } catch (error) {
      if (isStripeOutage(error)) throw error;
      await noteKeyRefusal(env.DB, error, now);
      if (!isMissing(error)) {
        logFailure("stripe.customer_address_failed", error, { license: id });
        continue;
      }
    }
    // Not a change of the license: no fact of it, and nothing that is published. Only if it has this address still.
    await env.DB.prepare("UPDATE licenses SET customer_email_due = 0 WHERE id = ? AND email = ?").bind(id, email).run();
  }
}

/**
 * Compares the address of a customer at Stripe with those of its licenses. A license does not follow it: a new owner
 * needs a new key, and all machines with it, while Stripe's address may only be that of an accounting department. So an
 * admin decides. Throws the errors of Stripe and D1.
 */
export async function followCustomer({ db, stripe }: PurchaseScope, customerId: string): Promise<EventOutcome> {
  const { results } = await db
    .prepare("SELECT id, email, customer_email_due AS due FROM licenses WHERE stripe_customer_id = ? AND email <> ?")
    .bind(customerId, ERASED)
    .all<{ id: string; email: string; due: number }>();
  if (results.length === 0) return ignored("a customer without a license");
  const customer = await stripe.customers.retrieve(customerId);
  const address = customer.deleted ? null : (customer.email?.toLowerCase() ?? null);
  const differing = results.filter(({ email, due }) => address !== null && email !== address && due === 0);
  const licenses = results.map(({ id }) => ({ licenseId: id, changeIds: [] }));
  if (differing.length === 0) return outcomeOf(licenses, null);
  const names = differing.map(({ id }) => id).join(", ");
  return outcomeOf(
    licenses,
    `the customer of ${names} has another address at Stripe: amend the license, change it back at Stripe, or dismiss this`,
  );
}
