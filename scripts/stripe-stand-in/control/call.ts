import type Stripe from "stripe";
import * as z from "zod";
import { ApiError, find, missing } from "../api-error.ts";
import { sessionById } from "../billing/checkout.ts";
import { linkOf } from "../billing/invoicing.ts";
import { idOf } from "../billing/payment.ts";
import type { StandIn } from "../stand-in.ts";

/** One call of the control surface. */
export type ControlCall = {
  method: "GET" | "POST";
  /** Below `/control`: `refunds/:id/fail`. */
  path: string;
  description: string;
  /** A body that works, or null where none is needed. */
  example: object | null;
  run(standIn: StandIn, body: unknown, id: string): unknown;
};

/** Describes one call; `handle` gets the body as `schema` makes it. */
export function control<S extends z.ZodType>(
  route: `${"GET" | "POST"} ${string}`,
  description: string,
  schema: S,
  example: z.input<S> extends object ? z.input<S> | null : null,
  handle: (standIn: StandIn, body: z.output<S>, id: string) => unknown,
): ControlCall {
  const [method, path = ""] = route.split(" ");
  return {
    method: method === "GET" ? "GET" : "POST",
    path,
    description,
    example,
    run(standIn, body, id) {
      const parsed = schema.safeParse(body);
      if (!parsed.success) throw new ApiError({ message: z.prettifyError(parsed.error) });
      return handle(standIn, parsed.data, id);
    },
  };
}

/** For calls that need nothing said. */
export const nothing = z.strictObject({});

/** Names a charge by whatever is at hand; a subscription stands for its last charge that succeeded. */
export const target = {
  session: z.string().optional(),
  charge: z.string().optional(),
  payment_intent: z.string().optional(),
  subscription: z.string().optional(),
};
export type Target = { [Name in keyof typeof target]?: string | undefined };

/** The charge that is meant. Throws `ApiError` if there is none. */
export function chargeOf(standIn: StandIn, named: Target): Stripe.Charge {
  const { state } = standIn;
  if (named.charge) return find(state.charges, "charge", named.charge);
  const payment = paymentOf(standIn, named);
  const charge = state.charges[idOf(state.payment_intents[payment ?? ""]?.latest_charge) ?? ""];
  if (!charge) throw new ApiError({ message: "There is no charge behind that: nothing was paid yet." });
  return charge;
}

function paymentOf(standIn: StandIn, named: Target): string | null {
  const { state } = standIn;
  if (named.payment_intent) return find(state.payment_intents, "payment_intent", named.payment_intent).id;
  if (named.subscription) return subscriptionPayment(standIn, named.subscription);
  if (!named.session) throw new ApiError({ message: "Name a session, charge, payment_intent or subscription." });
  const session = sessionById(standIn, named.session);
  const subscription = idOf(session.subscription);
  return subscription === null ? idOf(session.payment_intent) : subscriptionPayment(standIn, subscription);
}

function subscriptionPayment(standIn: StandIn, id: string): string | null {
  find(standIn.state.subscriptions, "subscription", id);
  const paid = Object.values(standIn.state.invoices).findLast(
    (each) =>
      idOf(each.parent?.subscription_details?.subscription) === id && each.status === "paid" && each.amount_paid > 0,
  );
  return paid ? idOf(linkOf(standIn, paid)?.payment.payment_intent) : null;
}

/** The subscription with that id, or that of the checkout session with that id. Throws `ApiError`. */
export function subscriptionById(standIn: StandIn, id: string): Stripe.Subscription {
  const { subscriptions, checkout_sessions } = standIn.state;
  const found = subscriptions[id] ?? subscriptions[idOf(checkout_sessions[id]?.subscription) ?? ""];
  if (!found) throw missing("subscription", id);
  return found;
}
