import { env } from "cloudflare:workers";

/** The calls of bindings that a piece of work has made. Each statement of a batch counts, as D1's limits page does. */
export type Calls = { count: number };

type Method = (...args: unknown[]) => unknown;

const isMethod = (member: unknown): member is Method => typeof member === "function";

const EXECUTING = new Set(["first", "run", "all", "raw"]);

/** The Worker's bindings, which count every call of D1, KV, R2 and the queues into `calls`. */
export function countedEnv(calls: Calls, bindings: Env = env): Env {
  const originals = new WeakMap<object, D1PreparedStatement>();
  const counting =
    (member: Method, target: object) =>
    (...args: unknown[]): unknown => {
      calls.count++;
      return Reflect.apply(member, target, args);
    };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        const member: unknown = Reflect.get(target, name, target);
        if (!isMethod(member)) return member;
        return EXECUTING.has(String(name)) ? counting(member, target) : member.bind(target);
      },
    });
    originals.set(wrapped, statement);
    return wrapped;
  };
  const ledger = (db: D1Database): D1Database =>
    new Proxy(db, {
      get(target, name) {
        if (name === "prepare") return (sql: string) => wrap(target.prepare(sql));
        if (name === "batch") {
          return (statements: D1PreparedStatement[]) => {
            calls.count += statements.length;
            return target.batch(statements.map((one) => originals.get(one) ?? one));
          };
        }
        return Reflect.get(target, name, target);
      },
    });
  const counted = <Binding extends object>(binding: Binding): Binding =>
    new Proxy(binding, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        return isMethod(member) ? counting(member, target) : member;
      },
    });
  return {
    ...bindings,
    DB: ledger(bindings.DB),
    STATISTICS: ledger(bindings.STATISTICS),
    EDGE: counted(bindings.EDGE),
    BINARIES: counted(bindings.BINARIES),
    JOBS: counted(bindings.JOBS),
    DOWNLOADS: counted(bindings.DOWNLOADS),
  };
}
