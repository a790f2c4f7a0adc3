import { Row, type RowKey } from "./format.ts";
import { type Table, TRAIL } from "./schema.ts";

/** The most rows of a page. */
const ROWS = 2000;

/** The characters of a page's values. The row that reaches them ends the page, so that memory stays bounded. */
const CHARACTERS = 1_000_000;

/** The pages of a full file. */
const PAGES = 5;

/** The key of the last row that was read (of the audit trail: its row number); null at the start of a table. */
export type Place = RowKey | null;

/** Rows of a table, and their last place. `ended`: the table has no more. */
export type Page = { rows: Row[]; last: Place; ended: boolean };

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/**
 * The rows of one file: up to 10,000 of a table behind `after`, in the order of their places, and of the audit trail up
 * to the row number `through` if that is given. Throws D1's errors.
 */
export async function readRows(db: D1Database, table: Table, after: Place, through?: number): Promise<Page> {
  const read: Page = { rows: [], last: after, ended: false };
  for (let pages = 0; pages < PAGES && !read.ended; pages++) {
    const { rows, last, ended } = await readPage(db, table, read.last, through);
    read.rows.push(...rows);
    Object.assign(read, { last, ended });
  }
  return read;
}

async function readPage(
  db: D1Database,
  { name, columns, primaryKey }: Table,
  after: Place,
  through: number | undefined,
): Promise<Page> {
  const order = name === TRAIL ? ["rowid"] : primaryKey;
  const conditions = [
    ...(after === null ? [] : [`(${quoted(order)}) > (${after.map(() => "?").join(", ")})`]),
    ...(through === undefined ? [] : ["rowid <= ?"]),
  ];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const size = columns.map((column) => `coalesce(length("${column}"), 0)`).join(" + ");
  const list = quoted([...new Set([...order, ...columns])]);
  const page = `SELECT ${list}, ${size} AS "_size" FROM "${name}" ${where} ORDER BY ${quoted(order)} LIMIT ${ROWS}`;
  const before = `sum("_size") OVER (ORDER BY ${quoted(order)} ROWS UNBOUNDED PRECEDING) - "_size" AS "_before"`;
  const { results } = await db
    .prepare(
      `SELECT * FROM (SELECT *, ${before} FROM (${page})) WHERE "_before" < ${CHARACTERS} ORDER BY ${quoted(order)}`,
    )
    .bind(...(after ?? []), ...(through === undefined ? [] : [through]))
    .all();
  const rows = results.map((row) => Row.parse(row));
  const lastRow = rows.at(-1);
  return {
    rows: rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))),
    last: lastRow ? keyOf(lastRow, order) : after,
    ended: lastRow === undefined,
  };
}

/** The values of these columns of a row. Throws if one is null, which no key of the ledger allows. */
export const keyOf = (row: Row, columns: readonly string[]): RowKey =>
  columns.map((column) => {
    const value = row[column];
    if (value === null || value === undefined) throw new Error(`a row has no ${column}`);
    return value;
  });
