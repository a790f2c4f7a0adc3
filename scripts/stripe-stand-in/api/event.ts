import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, inRange, pageOf, paging, range, text } from "../http/parameters.ts";

const KEPT_SECONDS = 30 * 86_400;

/** The calls for events. Stripe lists events for 30 days; `delivery_success=false` selects undelivered ones. */
export const eventCalls: ApiCall[] = [
  call(
    "GET",
    "/v1/events",
    accept<Stripe.EventListParams>()({
      ...paging,
      created: range.optional(),
      delivery_success: boolean.optional(),
      type: text.optional(),
      types: z.array(text).max(20).optional(),
    }),
    (standIn, { created, delivery_success, type, types, ...page }) => {
      if (type !== undefined && types !== undefined) {
        throw refused("You may only specify one of these parameters: type, types.", "parameters_exclusive");
      }
      const matches = (name: string, pattern: string): boolean =>
        pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
      const since = standIn.now() - KEPT_SECONDS;
      const wanted = Object.values(standIn.state.events).filter(
        (event) =>
          event.created >= since &&
          inRange(event.created, created) &&
          (delivery_success === undefined || (event.pending_webhooks === 0) === delivery_success) &&
          (type === undefined || matches(event.type, type)) &&
          (types === undefined || types.some((each) => matches(event.type, each))),
      );
      return pageOf(wanted, page, "/v1/events");
    },
  ),
  call("GET", "/v1/events/:id", accept<Stripe.EventRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.events, "event", id),
  ),
];
