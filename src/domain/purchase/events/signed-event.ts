import type Stripe from "stripe";
import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import type { EventFacts } from "./store.ts";

/** The last second that RFC 3339 can write. */
const LAST_SECOND = 253_402_300_799;

/**
 * The fields that an event of Stripe may have. A snapshot event has its object in `data`. A thin event (API v2) has
 * none there, and its `created` is RFC 3339. `account` (`context` in thin events) names the connected account that it
 * is about.
 */
const SentEvent = z.object({
  id: z.string().min(1),
  object: z.string().optional(),
  type: z.string(),
  livemode: z.boolean().optional(),
  created: z.union([z.int().min(0).max(LAST_SECOND), z.iso.datetime({ offset: true })]),
  account: z.string().nullish(),
  context: z.unknown().optional(),
  data: z.unknown().optional(),
});

const Snapshot = z.looseObject({ object: z.unknown() }).refine((data) => "object" in data);

/** An object with an id of Stripe's. Another text, such as `..`, would lead to another address of its API. */
const Identified = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/) });

/** The stored part of an event that Stripe sends or lists. Throws if it is not an event. */
export function eventFacts(sent: object): EventFacts {
  const { id, object, type, created, account, context, data } = SentEvent.parse(sent);
  const facts = { id, type, created: secondsOf(created) };
  if (account || context) return { ...facts, object_id: null, foreign: "an event of a connected account" };
  const snapshot = Snapshot.safeParse(data).data;
  if (object === "v2.core.event" || !snapshot) return { ...facts, object_id: null, foreign: "a thin event" };
  return { ...facts, object_id: Identified.safeParse(snapshot.object).data?.id ?? null };
}

const secondsOf = (created: number | string): UnixSeconds =>
  typeof created === "number" ? created : Math.floor(Date.parse(created) / 1000);

/**
 * The event in a webhook's raw body. It must be signed with one of our secrets (the current one, or the previous one
 * during a rotation) within Stripe's 300 s, and be of our mode. An event that is not about our account is accepted in
 * either mode, because Stripe sends test events of connected accounts to live endpoints. Errors: SERVICE_UNAVAILABLE
 * without a secret, because an unsigned event is never trusted; MALFORMED_REQUEST for any other fault.
 */
export async function openWebhook(
  stripe: Pick<Stripe, "webhooks">,
  config: Pick<Config, "STRIPE_WEBHOOK_SECRET" | "STRIPE_WEBHOOK_SECRET_PREVIOUS" | "LIVEMODE">,
  body: string,
  signature: string | undefined,
): Promise<Result<EventFacts, Refusal>> {
  if (config.STRIPE_WEBHOOK_SECRET === "") {
    return err({ code: "SERVICE_UNAVAILABLE", detail: "No webhook secret is configured." });
  }
  if (!(await isSigned(stripe, config, body, signature))) {
    const detail = "The body has no valid signature, or the signature is too old.";
    return err({ code: "MALFORMED_REQUEST", detail });
  }
  const event = SentEvent.safeParse(parsed(body));
  if (!event.success) return err({ code: "MALFORMED_REQUEST", detail: "The body is not an event." });
  const facts = eventFacts(event.data);
  if (facts.foreign === undefined && event.data.livemode !== config.LIVEMODE) {
    return err({ code: "MALFORMED_REQUEST", detail: "The event is from the other mode (live or test)." });
  }
  return ok(facts);
}

/** The signature is checked apart from the content, because the SDK's function for both refuses thin events. */
async function isSigned(
  { webhooks: { signature: signatures, DEFAULT_TOLERANCE } }: Pick<Stripe, "webhooks">,
  { STRIPE_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET_PREVIOUS }: Parameters<typeof openWebhook>[1],
  body: string,
  signature = "",
): Promise<boolean> {
  for (const secret of [STRIPE_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET_PREVIOUS]) {
    if (secret === "") continue;
    const isGenuine = await signatures
      ?.verifyHeaderAsync(body, signature, secret, DEFAULT_TOLERANCE)
      .catch(() => false);
    if (isGenuine) return true;
  }
  return false;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
