import { toRfc3339 } from "../../../lib/time.ts";
import { Timestamp, z } from "../../../platform/http/route.ts";
import { EXAMPLE_LICENSE_ID } from "../../licensing/license/view.ts";
import { HOLD_REASONS } from "./decision.ts";
import { ORDER_STATES, type Order, RESOLUTIONS } from "./order.ts";

/** An order as admins see it. */
export const AdminOrderView = z
  .object({
    id: z.string().openapi({ example: "ord_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    state: z.enum(ORDER_STATES).openapi({ description: "`held`: it is paid, and waits for an admin." }),
    checkout_session_id: z.string().nullable().openapi({ example: "cs_live_a1B2" }),
    plan: z.string().openapi({ example: "premium-lifetime" }),
    machines: z.number().int().openapi({ example: 25 }),
    email: z.string().nullable().openapi({ description: "The buyer's, once it was paid.", example: "ada@example.com" }),
    amount_total: z.number().int().nullable().openapi({ description: "In the smallest unit.", example: 27900 }),
    currency: z.string().nullable().openapi({ example: "eur" }),
    license_id: z.string().nullable().openapi({ example: EXAMPLE_LICENSE_ID }),
    upgrades: z.string().nullable().openapi({ description: "The license that it is to upgrade.", example: null }),
    created_at: Timestamp,
    held_at: Timestamp.nullable(),
    held_reason: z.enum(HOLD_REASONS).nullable().openapi({ example: "unknown_price" }),
    held_detail: z.string().nullable().openapi({ example: "unknown price price_1a2B3c" }),
    resolved_at: Timestamp.nullable(),
    resolution: z.enum(RESOLUTIONS).nullable().openapi({ description: "How a held order was solved." }),
  })
  .openapi("AdminOrder");

/** The view of an order for admins. */
export function adminOrderView(order: Order): z.infer<typeof AdminOrderView> {
  const { id, state, checkout_session_id, plan, machines, email, amount_total, currency, license_id, upgrades } = order;
  const sale = { id, state, checkout_session_id, plan, machines, email, amount_total, currency, license_id, upgrades };
  const { created_at, held_at, held_reason, held_detail, resolved_at, resolution } = order;
  return {
    ...sale,
    created_at: toRfc3339(created_at),
    held_at: toRfc3339(held_at),
    held_reason,
    held_detail,
    resolved_at: toRfc3339(resolved_at),
    resolution,
  };
}
