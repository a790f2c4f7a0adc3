import { once } from "../../lib/isolate.ts";

/** The longest wait for an answer of D1 on the path of a hive, in milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * The calls that one isolate may have under way. D1 answers one at a time: a call behind so many would time out.
 */
const CALLS_AT_ONCE = 100;

/** How long an isolate asks nothing more after D1 was overloaded or late, in milliseconds. */
const REST_MS = 1_000;

/** Bounds for tests. */
type Bounds = { patienceMs?: number; callsAtOnce?: number; restMs?: number };

/** The ledger, through calls that end soon: each is answered, or throws `LedgerBusy`. */
type PatientLedger = Pick<D1Database, "prepare" | "batch">;

/** D1 is overloaded, or does not answer in time. A write may have taken effect all the same. */
export class LedgerBusy extends Error {
  override readonly name = "LedgerBusy";
}

/**
 * D1's words for having too much to do, from its list of errors:
 * https://developers.cloudflare.com/d1/observability/debug-d1/#error-list
 */
export const isOverload = (error: unknown): boolean =>
  error instanceof LedgerBusy ||
  (error instanceof Error &&
    /D1 DB is overloaded|Too many requests queued|Requests queued for too long|exceeded timeout|exceeded its (CPU time|memory) limit/.test(
      error.message,
    ));

const EXECUTING = new Set(["first", "run", "all", "raw"]);

/**
 * Wraps D1 so that no call waits longer than three seconds, and so that an isolate does not queue calls that would
 * fail. After an outage all hives come back at once, and the ledger has one primary: a refusal that is told soon, with
 * a time to come back at, serves them sooner than a queue. The calls throw `LedgerBusy`, and D1's own errors.
 */
export function boundLedger(db: D1Database, bounds: Bounds = {}): D1Database {
  const { patienceMs = PATIENCE_MS, callsAtOnce = CALLS_AT_ONCE, restMs = REST_MS } = bounds;
  const originals = new WeakMap<object, D1PreparedStatement>();
  /** The calls under way, the oldest first, by the times at which each is given up. */
  const underWay = new Set<{ until: number }>();
  let restsUntil = 0;

  /** Drops the calls of ended requests. When a client hangs up, the runtime runs neither their timer nor their end. */
  function dropAbandoned(now: number): void {
    for (const call of underWay) {
      if (call.until >= now) return;
      underWay.delete(call);
    }
  }

  async function bounded<Value>(work: () => Promise<Value>): Promise<Value> {
    const now = Date.now();
    if (now < restsUntil) throw new LedgerBusy("D1 was overloaded a moment ago");
    dropAbandoned(now);
    if (underWay.size >= callsAtOnce) throw new LedgerBusy(`${callsAtOnce} calls of D1 are under way`);
    const call = { until: now + patienceMs };
    underWay.add(call);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new LedgerBusy(`no answer of D1 within ${patienceMs} ms`)), patienceMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      if (isOverload(error)) restsUntil = Date.now() + restMs;
      throw error;
    } finally {
      clearTimeout(timer);
      underWay.delete(call);
    }
  }

  function wrap(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        if (typeof name === "string" && EXECUTING.has(name)) {
          return (...args: unknown[]) => bounded(() => Reflect.apply(member, target, args) as Promise<unknown>);
        }
        return member.bind(target) as unknown;
      },
    });
    originals.set(wrapped, statement);
    return wrapped;
  }

  const ledger: PatientLedger = {
    prepare: (sql) => wrap(db.prepare(sql)),
    batch: (statements) => bounded(() => db.batch(statements.map((one) => originals.get(one) ?? one))),
  };
  return new Proxy(db, {
    get(target, name) {
      const own: unknown = Reflect.get(ledger, name);
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** The bounded ledger of an isolate, for the requests of hives. */
export const patientLedger = once((db: D1Database) => boundLedger(db));

/** The bindings with the bounded ledger, the same object for each request of an isolate. */
export const patientEnv = once((env: Env): Env => ({ ...env, DB: patientLedger(env.DB) }));
