import { logFailure } from "../../lib/log.ts";
import { Problem } from "../../platform/http/problem.ts";

/** What the SDK names its errors when Stripe could not be reached, had a fault of its own, or had too much to do. */
const OUTAGES = ["StripeConnectionError", "StripeAPIError", "StripeRateLimitError"];

/** Whether an error is Stripe's bad minute, and asking again may help. Read off its name, so that the SDK need not be loaded. */
export const isStripeOutage = (error: unknown): boolean => OUTAGES.some((type) => type === typeOf(error));

const typeOf = (error: unknown): unknown => (error instanceof Error && "type" in error ? error.type : undefined);

/** The answer while Stripe is out: try again. */
export const STRIPE_OUTAGE = {
  matches: isStripeOutage,
  refusal: {
    code: "SERVICE_UNAVAILABLE",
    detail: "The payment provider does not answer. Please try again.",
    extras: { retry_after: 30 },
  },
} as const;

/** What our own account or key lacks: nothing that the client can mend, nor asking again. */
const MISCONFIGURED = ["StripeAuthenticationError", "StripePermissionError", "StripeInvalidRequestError"];

/** For `catch`: what Stripe refuses because of us becomes SERVICE_UNAVAILABLE, with the reason in the log only. */
export function asUnavailable(error: unknown): never {
  if (!(error instanceof Error) || !MISCONFIGURED.some((type) => type === typeOf(error))) throw error;
  logFailure("stripe.misconfigured", error);
  throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "The payment provider is not set up for this." });
}

/** For `catch`: what Stripe refuses because of the state of things becomes CONFLICT, with its reason; the rest as above. */
export function asConflict(error: unknown): never {
  if (error instanceof Error && typeOf(error) === "StripeInvalidRequestError") {
    throw new Problem({ code: "CONFLICT", detail: `The payment provider refuses: ${error.message}` });
  }
  return asUnavailable(error);
}
