import { toRfc3339 } from "../../../lib/time.ts";
import { Timestamp, z } from "../../../platform/http/route.ts";
import type { AuditEntry } from "../../../platform/identity/audit-store.ts";
import { typeOf } from "../../../platform/storage/actions.ts";

export const EventSchema = z
  .object({
    id: z.string().openapi({
      description: "The id of the entry of the audit trail. Every delivery of the event has it as `webhook-id`.",
      example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8",
    }),
    sequence: z.int().openapi({ description: "The place in the sequence of all events, from 1.", example: 4711 }),
    type: z.string().openapi({ description: "docs/events.md lists them.", example: "license.revoke" }),
    timestamp: Timestamp,
    data: z.object({
      subject: z.string().openapi({
        description: "The id of the thing that was acted on: a license for `license.*` and `machine.*`.",
        example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8",
      }),
      actor: z.string().openapi({ example: "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
      reason: z.string().nullable().openapi({ example: "key found in a public repository" }),
      details: z.record(z.string(), z.unknown()).openapi({ example: { admin_state: "revoked" } }),
      request_id: z.string().nullable().openapi({ example: "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55" }),
    }),
  })
  .openapi("Event");

/** An event as the API and webhooks show it. */
export type Event = z.output<typeof EventSchema>;

/** The event of an entry. The same entry always gives the same text, so a repeated delivery has the same body. */
export const eventOf = ({
  id,
  sequence,
  action,
  at,
  subject,
  actor,
  reason,
  details,
  request_id,
}: AuditEntry): Event => ({
  id,
  sequence,
  type: typeOf(action),
  timestamp: toRfc3339(at),
  data: { subject, actor, reason, details, request_id },
});
