import * as z from "zod";
import { SKIPPED } from "./store.ts";

/**
 * The endpoints that need a person: those that the service has disabled, since when one takes nothing (null: none), and
 * the deliveries that were given up after their last attempt. Throws D1's errors.
 */
export async function readWebhookTrouble(db: D1Database): Promise<WebhookTrouble> {
  const row = await db
    .prepare(
      `SELECT (SELECT count(*) FROM webhook_endpoints WHERE removed_at IS NULL AND disabled_by IN ('failing', 'gone')) AS disabled,
         (SELECT min(failing_since) FROM webhook_endpoints WHERE removed_at IS NULL AND disabled_by IS NULL) AS failing_since,
         (SELECT count(*) FROM webhook_endpoints AS endpoint CROSS JOIN webhook_deliveries AS delivery
            ON delivery.endpoint_id = endpoint.id AND delivery.state = 'failed' AND delivery.last_error <> ?
          WHERE endpoint.removed_at IS NULL) AS given_up`,
    )
    .bind(SKIPPED)
    .first();
  return TroubleRow.parse(row);
}

const TroubleRow = z.object({ disabled: z.number(), failing_since: z.number().nullable(), given_up: z.number() });

export type WebhookTrouble = z.output<typeof TroubleRow>;
