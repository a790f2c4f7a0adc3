import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { Timestamp } from "../../../platform/http/schemas.ts";
import { typeOf } from "../../../platform/storage/actions.ts";
import { DELIVERY_STATES, type Delivery } from "./store.ts";

export const DeliverySchema = z
  .object({
    sequence: z.int().openapi({ description: "The number of the event.", example: 4711 }),
    previous_sequence: z.int().nullable().openapi({
      description: "The number of the event that the endpoint was sent before it. Null: none.",
      example: 4708,
    }),
    event_id: z.string().openapi({ description: "The `webhook-id`.", example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    type: z.string().openapi({ example: "license.revoke" }),
    subject: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    state: z.enum(DELIVERY_STATES).openapi({
      description: "`failed`: every attempt failed. It is sent again only if an admin replays it.",
    }),
    attempts: z.int().openapi({ example: 1 }),
    queued_at: Timestamp,
    last_attempt_at: Timestamp.nullable(),
    next_attempt_at: Timestamp.nullable().openapi({ description: "Null unless `pending`.", example: null }),
    last_status: z.int().nullable().openapi({ description: "The status of the last answer.", example: 200 }),
    last_error: z.string().nullable().openapi({ example: null }),
    last_duration_ms: z.int().nullable().openapi({ example: 120 }),
    delivered_at: Timestamp.nullable(),
  })
  .openapi("WebhookDelivery");

/** A delivery as the API shows it. */
export const presentDelivery = (delivery: Delivery): z.input<typeof DeliverySchema> => ({
  sequence: delivery.sequence,
  previous_sequence: delivery.previous_sequence,
  event_id: delivery.event_id,
  type: typeOf(delivery.action),
  subject: delivery.subject,
  state: delivery.state,
  attempts: delivery.attempts,
  queued_at: toRfc3339(delivery.queued_at),
  last_attempt_at: toRfc3339(delivery.last_attempt_at),
  next_attempt_at: delivery.state === "pending" ? toRfc3339(delivery.next_attempt_at) : null,
  last_status: delivery.last_status,
  last_error: delivery.last_error,
  last_duration_ms: delivery.last_ms,
  delivered_at: toRfc3339(delivery.delivered_at),
});

/** The cursor's id of a delivery. Ids of lists have 26 characters; a number of the sequence is padded to them. */
export const cursorIdOf = ({ sequence }: Pick<Delivery, "sequence">): string =>
  `seq_${String(sequence).padStart(26, "0")}`;

/** The number of the sequence in a cursor's id. */
export const sequenceOf = (cursorId: string | undefined): number | undefined =>
  cursorId === undefined ? undefined : Number(cursorId.slice("seq_".length));
