import Stripe from "stripe";
import type { Deliveries } from "./deliveries.ts";
import { newId, type State, type StoredEvent, snapshot } from "./state.ts";

/** The shared context of the stand-in: the account's state, the clock, the address and the deliveries. */
export type StandIn = {
  state: State;
  /** The stand-in's time in Unix seconds: the real time plus the offset. */
  now(): number;
  /** `http://127.0.0.1:<port>`, the address of the pages, the API and the control API. */
  origin: string;
  deliveries: Deliveries;
};

type EventType = Stripe.Event["type"];
type EventOf<Type extends EventType> = Extract<Stripe.Event, { type: Type }>;

/**
 * Records an event and sends it to the webhook endpoint. `object` has the SDK's type for this event; the event stores a
 * copy of it. `previous` has the earlier values of the changed attributes.
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
