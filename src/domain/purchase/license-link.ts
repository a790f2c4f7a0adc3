import * as z from "zod";
import { type Change, ifChanged } from "../../platform/storage/ledger.ts";
import type { StripeLink } from "../licensing/license/store.ts";
import type { ChargeFacts } from "./charges.ts";

/** The ids of the licenses that a thing of Stripe's stands behind. */
export async function licensesBehind(db: D1Database, link: StripeLink, id: string): Promise<string[]> {
  const { results } = await db.prepare(`SELECT id FROM licenses WHERE ${link} = ?`).bind(id).all<{ id: string }>();
  return results.map((row) => row.id);
}

const ChargeRow = z.object({
  charge_id: z.string(),
  refund_state: z.enum(["none", "partial", "full"]),
  dispute_state: z.enum(["none", "open", "won", "lost"]),
});

/** A charge behind a license, with what is known of it. */
export type KnownCharge = ChargeFacts & { charge_id: string };

/** The charges that are known of a license. */
export async function chargesOf(db: D1Database, licenseId: string): Promise<KnownCharge[]> {
  const { results } = await db.prepare("SELECT * FROM license_charges WHERE license_id = ?").bind(licenseId).all();
  return results.map((row) => ChargeRow.parse(row));
}

/** The statement that stores the facts of a charge, if the change of its license takes effect. */
export const chargeKnown = (
  db: D1Database,
  licenseId: string,
  charge: KnownCharge,
  change: Change,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "licenses", id: licenseId },
    change.id,
    `INSERT INTO license_charges (charge_id, license_id, refund_state, dispute_state, updated_at)
     SELECT ?, ?, ?, ?, ? WHERE TOOK_EFFECT
     ON CONFLICT (charge_id) DO UPDATE SET refund_state = excluded.refund_state, dispute_state = excluded.dispute_state,
       updated_at = excluded.updated_at`,
    ...[charge.charge_id, licenseId, charge.refund_state, charge.dispute_state, change.at],
  );
