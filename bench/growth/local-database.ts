import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** The folder of the checkout. */
export const CHECKOUT = join(import.meta.dirname, "../..");

/** The bytes and rows of a table, its indexes included. */
export type TableSize = { rows: number; bytes: number };

/** A database in memory with D1's interface, and the sizes of its tables. */
export type LocalDatabase = { db: D1Database; sizes(): Map<string, TableSize> };

/** The names of the migrations of a folder, oldest first. */
export const migrationsOf = (folder: string): string[] =>
  readdirSync(join(CHECKOUT, folder))
    .filter((name) => name.endsWith(".sql"))
    .sort();

/** A statement as D1 has it, over Node's SQLite. It answers only what the stores of this service ask. */
class LocalStatement {
  readonly #database: DatabaseSync;
  readonly sql: string;
  readonly #values: SQLInputValue[];

  constructor(database: DatabaseSync, sql: string, values: SQLInputValue[] = []) {
    this.#database = database;
    this.sql = sql;
    this.#values = values;
  }

  bind(...values: SQLInputValue[]): LocalStatement {
    return new LocalStatement(this.#database, this.sql, values);
  }

  execute() {
    const statement = this.#database.prepare(this.sql);
    if (statement.columns().length > 0) return { results: statement.all(...this.#values), meta: { changes: 0 } };
    return { results: [], meta: { changes: Number(statement.run(...this.#values).changes) } };
  }

  run = async () => this.execute();
  all = async () => this.execute();

  async first(column?: string) {
    const [row] = this.execute().results;
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  }
}

/**
 * A database in memory with the migrations of `folder`. Node's SQLite lays out the same pages as D1's: the growth's
 * report compares the two on one sample.
 */
export function localDatabase(folder: string): LocalDatabase {
  const database = new DatabaseSync(":memory:");
  for (const name of migrationsOf(folder)) database.exec(readFileSync(join(CHECKOUT, folder, name), "utf8"));
  const db = {
    prepare: (sql: string) => new LocalStatement(database, sql),
    async batch(statements: LocalStatement[]) {
      database.exec("BEGIN");
      try {
        const results = statements.map((statement) => statement.execute());
        database.exec("COMMIT");
        return results;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
  };
  return {
    // The stores use these methods of D1 alone.
    db: db as unknown as D1Database,
    sizes() {
      const tables = database
        .prepare(
          `SELECT tbl_name AS name, sum(bytes) AS bytes FROM sqlite_schema
           JOIN (SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name) AS pages ON pages.name = sqlite_schema.name
           GROUP BY tbl_name`,
        )
        .all();
      return new Map(
        tables.map(({ name, bytes }) => {
          const count = database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get();
          return [String(name), { rows: Number(count?.["rows"]), bytes: Number(bytes) }];
        }),
      );
    },
  };
}
