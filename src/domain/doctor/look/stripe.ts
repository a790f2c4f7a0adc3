import { checkOwnAccount } from "../../purchase/account/check.ts";
import { checkStripe } from "../check/stripe.ts";
import type { Examination } from "../scope.ts";

/** The checks of the account at Stripe: the key and its permissions, webhook, portal and prices. */
export const STRIPE_EXAMINATIONS: readonly Examination[] = [
  {
    checks: ["stripe-key", "stripe-permission", "stripe-webhook", "stripe-portal", "stripe-price"],
    look: async ({ config }) => checkStripe(await checkOwnAccount(config), config.STRIPE_SECRET_KEY),
  },
];
