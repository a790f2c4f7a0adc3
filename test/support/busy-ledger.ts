import { env } from "cloudflare:workers";

type Hooks = { before(call: string): Promise<void>; afterBatch(): Promise<void> };

/** The ledger and the backups' bucket, with a hook before each query, transaction and write of a file. */
export function busyStores({ before, afterBatch }: Hooks): { DB: D1Database; BACKUPS: R2Bucket } {
  const real = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const busy = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(_, name: keyof D1PreparedStatement) {
        if (name === "bind") return (...values: unknown[]) => busy(statement.bind(...values));
        return async () => {
          await before(name);
          return Reflect.apply(statement[name], statement, []);
        };
      },
    });
    real.set(proxy, statement);
    return proxy;
  };
  const DB = new Proxy(env.DB, {
    get(db, name: keyof D1Database) {
      if (name === "prepare") return (sql: string) => busy(db.prepare(sql));
      if (name !== "batch") return db[name].bind(db);
      return async (statements: D1PreparedStatement[]) => {
        await before("batch");
        const results = await db.batch(statements.map((statement) => real.get(statement) ?? statement));
        await afterBatch();
        return results;
      };
    },
  });
  const BACKUPS = new Proxy(env.BACKUPS, {
    get(bucket, name: keyof R2Bucket) {
      if (name !== "put") return bucket[name].bind(bucket);
      return async (...args: unknown[]) => {
        await before(`put ${args[0]}`);
        return Reflect.apply(bucket.put, bucket, args);
      };
    },
  });
  return { DB, BACKUPS };
}
