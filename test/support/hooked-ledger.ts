import { env } from "cloudflare:workers";

/**
 * The ledger with a hook around each batch. `hook` calls `run` to carry out the batch: after or before other work,
 * late, or never.
 */
export const hookedLedger = (
  hook: (run: () => Promise<D1Result[]>, statements: D1PreparedStatement[]) => Promise<D1Result[]>,
): D1Database =>
  new Proxy(env.DB, {
    get: (db, name: keyof D1Database) =>
      name === "batch"
        ? (statements: D1PreparedStatement[]) => hook(() => db.batch(statements), statements)
        : db[name].bind(db),
  });
