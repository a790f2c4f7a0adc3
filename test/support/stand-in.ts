import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Each POST to this URL starts one more stand-in for Stripe and answers its `apiBase` and `controlUrl`. */
    standInDesk: string;
  }
}

/** The stand-in's API key in tests, and its webhook secret. */
export const STAND_IN_KEY = "sk_test_tests";
export const STAND_IN_WEBHOOK_SECRET = "whsec_tests";
