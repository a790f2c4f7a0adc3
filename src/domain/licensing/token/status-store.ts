import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";
import { LICENSE_STATUSES, STATUS_SQL } from "../license/record.ts";
import { STATUS_LIST_SIZE } from "./status-list.ts";

const Entry = z.object({ idx: z.number(), status: z.enum(LICENSE_STATUSES) });

/**
 * The places of status list `n` that are not valid: those of licenses (for tokens from before machines had places), of
 * machines (`statusOfMachine` as SQL), and those that machines have left. Throws D1's errors.
 */
export async function listedStatuses(db: D1Database, n: number, now: UnixSeconds): Promise<z.output<typeof Entry>[]> {
  const first = n * STATUS_LIST_SIZE;
  const inList = (index: string) => `${index} >= ?2 AND ${index} < ?3`;
  const { results } = await db
    .prepare(
      `SELECT place - ?2 AS idx, status FROM (
         SELECT status_index AS place, ${STATUS_SQL} AS status FROM licenses WHERE ${inList("status_index")}
         UNION ALL
         SELECT machines.status_index, CASE WHEN status_generation <> generation THEN 'revoked' ELSE ${STATUS_SQL} END
         FROM machines JOIN licenses ON licenses.id = license_id WHERE ${inList("machines.status_index")}
         UNION ALL
         SELECT status_index, 'revoked' FROM spent_status_indices WHERE ${inList("status_index")}
       ) WHERE status <> 'active'`,
    )
    .bind(now, first, first + STATUS_LIST_SIZE)
    .all();
  return z.array(Entry).parse(results);
}
