import { env } from "cloudflare:workers";

/** The ledger, but each batch goes through `hook`, which carries it out by `run`: after or before something else, late, or never. */
export const hookedLedger = (
  hook: (run: () => Promise<D1Result[]>, statements: D1PreparedStatement[]) => Promise<D1Result[]>,
): D1Database =>
  new Proxy(env.DB, {
    get: (db, name: keyof D1Database) =>
      name === "batch"
        ? (statements: D1PreparedStatement[]) => hook(() => db.batch(statements), statements)
        : db[name].bind(db),
  });
