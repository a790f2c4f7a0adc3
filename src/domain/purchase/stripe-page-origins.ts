import type { Config } from "../../platform/config/config.ts";

/**
 * The origins that Stripe's own pages (checkout, billing portal) are on: where a form here may lead by a redirect. Those of a
 * custom domain, if the Stripe account has one, would have to be added.
 */
export const stripePageOrigins = ({ STRIPE_API_BASE }: Pick<Config, "STRIPE_API_BASE">): string[] =>
  STRIPE_API_BASE === ""
    ? ["https://checkout.stripe.com", "https://billing.stripe.com"]
    : [new URL(STRIPE_API_BASE).origin];
