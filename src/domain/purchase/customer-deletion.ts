import type Stripe from "stripe";

/**
 * Deletes a customer at the payment provider, with name, addresses and payment methods; the invoices and payments that tax law
 * wants kept stay there. Repeatable: one that is gone is a success. Throws what Stripe throws.
 */
export async function deleteCustomer(stripe: Stripe, id: string): Promise<void> {
  await stripe.customers.del(id).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "resource_missing")) throw error;
  });
}
