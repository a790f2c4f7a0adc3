/** A value in a cell of a table. Null is an empty cell. */
export type Cell = string | number | null;

/** Characters by which a spreadsheet takes the text of a cell as a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * One line of CSV as RFC 4180 has it, with CR LF at its end. A text that a spreadsheet would take as a formula gets an
 * apostrophe before it, because some cells are typed by strangers. A negative number stays a number.
 */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(",")}\r\n`;

function csvCell(value: Cell): string {
  const text = String(value ?? "");
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
