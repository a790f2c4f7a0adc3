import type Stripe from "stripe";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Config } from "../../platform/config/config.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { type EventFacts, eventFacts } from "./event-store.ts";

/**
 * The event of a webhook's raw body, if one of our secrets signed it (the current one, or the previous one while they are
 * being rotated) within Stripe's 300 s, and it is of our mode. Errors: SERVICE_UNAVAILABLE without a secret, because an
 * unsigned event is never believed; MALFORMED_REQUEST otherwise, whatever is wrong with it.
 */
export async function openWebhook(
  stripe: Pick<Stripe, "webhooks">,
  config: Pick<Config, "STRIPE_WEBHOOK_SECRET" | "STRIPE_WEBHOOK_SECRET_PREVIOUS" | "LIVEMODE">,
  body: string,
  signature: string | undefined,
): Promise<Result<EventFacts, Refusal>> {
  const secrets = [config.STRIPE_WEBHOOK_SECRET, config.STRIPE_WEBHOOK_SECRET_PREVIOUS].filter(
    (secret) => secret !== "",
  );
  if (config.STRIPE_WEBHOOK_SECRET === "") {
    return err({ code: "SERVICE_UNAVAILABLE", detail: "No webhook secret is configured." });
  }
  for (const secret of secrets) {
    const event = await stripe.webhooks.constructEventAsync(body, signature ?? "", secret).catch(() => null);
    if (!event) continue;
    if (event.livemode !== config.LIVEMODE) {
      return err({ code: "MALFORMED_REQUEST", detail: "The event is of the other mode." });
    }
    return ok(eventFacts(event));
  }
  return err({ code: "MALFORMED_REQUEST", detail: "The body does not carry a signature of ours, or it is too old." });
}
