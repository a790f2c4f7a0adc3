/** The work that D1 did, by its own `meta`. `milliseconds` is the time inside the database, in whole ones. */
export type Work = { rowsRead: number; rowsWritten: number; milliseconds: number };

/**
 * A database that adds up the `meta` of every answer. `take` returns the sum since the last call, and begins anew. The
 * answers of `first` have no `meta`, so it asks for all rows.
 */
export function countedDatabase(db: D1Database): { db: D1Database; take(): Work } {
  let work: Work = { rowsRead: 0, rowsWritten: 0, milliseconds: 0 };
  const note = <Result extends D1Result>(result: Result): Result => {
    const { rows_read = 0, rows_written = 0, duration = 0 } = result.meta;
    work.rowsRead += rows_read;
    work.rowsWritten += rows_written;
    work.milliseconds += duration;
    return result;
  };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const counted = (statement: D1PreparedStatement): D1PreparedStatement => {
    const all = async () => note(await statement.all());
    const wrapped = {
      bind: (...values: unknown[]) => counted(statement.bind(...values)),
      run: all,
      all,
      async first(column?: string) {
        const [row] = (await all()).results;
        if (row === undefined) return null;
        return column === undefined ? row : (row[column] ?? null);
      },
    };
    originals.set(wrapped, statement);
    // The stores use these methods of a statement alone.
    return wrapped as unknown as D1PreparedStatement;
  };
  const database = {
    prepare: (sql: string) => counted(db.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) =>
      (await db.batch(statements.map((statement) => originals.get(statement) ?? statement))).map(note),
  };
  return {
    db: database as unknown as D1Database,
    take() {
      const done = work;
      work = { rowsRead: 0, rowsWritten: 0, milliseconds: 0 };
      return done;
    },
  };
}
