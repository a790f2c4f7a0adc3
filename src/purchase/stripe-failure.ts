/** What the SDK names its errors when Stripe could not be reached, had a fault of its own, or had too much to do. */
const OUTAGES = ["StripeConnectionError", "StripeAPIError", "StripeRateLimitError"];

/** Whether an error is Stripe's bad minute, and asking again may help. Read off its name, so that the SDK need not be loaded. */
export const isStripeOutage = (error: unknown): boolean =>
  error instanceof Error && "type" in error && OUTAGES.some((name) => name === error.type);
