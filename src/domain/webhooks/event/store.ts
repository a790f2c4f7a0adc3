import * as z from "zod";
import { AUDIT_COLUMNS, AuditRow } from "../../../platform/identity/audit-store.ts";
import type { Action } from "../../../platform/storage/actions.ts";
import { type Examined, type Stretch, stretchOf } from "./stretch.ts";

/** The most entries that one read examines: with a filter few of them may match. */
const EXAMINED = 1000;

/** The last number that the trail has given; 0 before the first act. */
const LAST = "(SELECT value FROM counters WHERE name = 'audit_sequence')";

const ExaminedRow = z.looseObject({ place: z.int(), last: z.int(), sequence: z.int().nullable() });

const examined = (row: unknown): Examined & { last: number } => {
  const { place, last, sequence } = ExaminedRow.parse(row);
  return { place, last, entry: sequence === null ? null : AuditRow.parse(row) };
};

/** The last number of the sequence that an act has got; 0 before the first act. Throws D1's errors. */
export async function lastNumber(db: D1Database): Promise<number> {
  return z.int().parse(await db.prepare(`SELECT ${LAST} AS last`).first("last"));
}

/**
 * Reads the sequence after the number `after`: up to `limit` entries of `actions` (null: of all). Every number up to
 * `through` is that of such an entry, of an entry of another action, or `forgotten`, because the numbers follow the
 * order of the commits without a gap. Throws D1's errors.
 */
export async function readStretch(
  db: D1Database,
  { after, actions, limit }: { after: number; actions: readonly Action[] | null; limit: number },
): Promise<Stretch> {
  const { results } = await db
    .prepare(
      `SELECT place, ${LAST} AS last, ${AUDIT_COLUMNS}
       FROM (SELECT sequence AS place FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ${EXAMINED}) AS examined
       LEFT JOIN audit ON audit.sequence = place AND (?2 IS NULL OR action IN (SELECT value FROM json_each(?2)))
       ORDER BY place`,
    )
    .bind(after, actions && JSON.stringify(actions))
    .all();
  const rows = results.map(examined);
  const last = rows[0]?.last ?? (await lastNumber(db));
  return stretchOf(rows, { after, last, limit, isWhole: rows.length < EXAMINED });
}
