import Stripe from "stripe";
import type { Deliveries } from "./deliveries.ts";
import { newId, type State, type StoredEvent, snapshot } from "./state.ts";

/** What every part of the stand-in works on: the account's state, its clock, its addresses and its way out. */
export type StandIn = {
  state: State;
  /** The stand-in's clock, in seconds: the real one and what it was moved ahead. */
  now(): number;
  /** `http://127.0.0.1:<port>`: where pages, API and control surface are. */
  origin: string;
  deliveries: Deliveries;
};

type EventType = Stripe.Event["type"];
type EventOf<Type extends EventType> = Extract<Stripe.Event, { type: Type }>;

/**
 * Records that something happened and sends it to the webhook endpoint. `object` is what the SDK says an event of this
 * type holds; the event keeps a copy of it as it is now. `previous` has the changed attributes' earlier values.
 */
export function emit<Type extends EventType>(
  standIn: StandIn,
  type: Type,
  object: EventOf<Type>["data"]["object"],
  previous?: object,
): void {
  const event: StoredEvent = {
    id: newId("evt"),
    object: "event",
    api_version: Stripe.API_VERSION,
    created: standIn.now(),
    data: snapshot(previous === undefined ? { object } : { object, previous_attributes: previous }),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
  standIn.state.events[event.id] = event;
  standIn.deliveries.enqueue(event.id);
}
