import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";
import { LICENSE_STATUSES, STATUS_SQL } from "../license/record.ts";
import { STATUS_LIST_SIZE } from "./status-list.ts";

const Entry = z.object({ idx: z.number(), status: z.enum(LICENSE_STATUSES) });

/** The licenses of status list `n` that are not active, with their places in it. Throws D1's errors. */
export async function listedStatuses(db: D1Database, n: number, now: UnixSeconds): Promise<z.output<typeof Entry>[]> {
  const first = n * STATUS_LIST_SIZE;
  const { results } = await db
    .prepare(
      `SELECT idx, status FROM (SELECT status_index - ?2 AS idx, ${STATUS_SQL} AS status FROM licenses
       WHERE status_index >= ?2 AND status_index < ?3) WHERE status <> 'active'`,
    )
    .bind(now, first, first + STATUS_LIST_SIZE)
    .all();
  return z.array(Entry).parse(results);
}
