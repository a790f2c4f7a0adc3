import type Stripe from "stripe";
import * as z from "zod";
import { ApiError, find, missing } from "../api-error.ts";
import { sessionById } from "../billing/checkout.ts";
import { linkOf } from "../billing/invoicing.ts";
import { idOf } from "../billing/payment.ts";
import type { StandIn } from "../stand-in.ts";

/** One call of the control API. */
export type ControlCall = {
  method: "GET" | "POST";
  /** The path below `/control`: `refunds/:id/fail`. */
  path: string;
  description: string;
  /** An example of a valid body, or null if the call needs none. */
  example: object | null;
  run(standIn: StandIn, body: unknown, id: string): unknown;
};

/** Defines one call. `handle` gets the body as parsed by `schema`. */
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

/** A handler that finds an object, changes it, and answers with it. */
export const changing =
  <Found, Body>(
    find: (standIn: StandIn, id: string) => Found,
    change: (standIn: StandIn, found: Found, body: Body) => void,
  ) =>
  (standIn: StandIn, body: Body, id: string): Found => {
    const found = find(standIn, id);
    change(standIn, found, body);
    return found;
  };

/** The schema of a call without parameters. */
export const nothing = z.strictObject({});

/** The ways to name a charge. A subscription stands for its last successful charge. */
export const target = {
  session: z.string().optional(),
  charge: z.string().optional(),
  payment_intent: z.string().optional(),
  subscription: z.string().optional(),
};
export type Target = { [Name in keyof typeof target]?: string | undefined };

/** The named charge. Throws `ApiError` if there is none. */
export function chargeOf(standIn: StandIn, named: Target): Stripe.Charge {
  const { state } = standIn;
  if (named.charge) return find(state.charges, "charge", named.charge);
  const payment = paymentOf(standIn, named);
  const charge = state.charges[idOf(state.payment_intents[payment ?? ""]?.latest_charge) ?? ""];
  if (!charge) throw new ApiError({ message: "There is no charge yet, because nothing was paid." });
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

/** The subscription with this id, or the one of the checkout session with this id. Throws `ApiError`. */
export function subscriptionById(standIn: StandIn, id: string): Stripe.Subscription {
  const { subscriptions, checkout_sessions } = standIn.state;
  const found = subscriptions[id] ?? subscriptions[idOf(checkout_sessions[id]?.subscription) ?? ""];
  if (!found) throw missing("subscription", id);
  return found;
}
