import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Each POST to this URL starts one more stand-in for Stripe and answers its `apiBase` and `controlUrl`. */
    standInDesk: string;
  }
}

/** What the tests' stand-in for Stripe takes as its key, and signs with. */
export const STAND_IN_KEY = "sk_test_tests";
export const STAND_IN_WEBHOOK_SECRET = "whsec_tests";
