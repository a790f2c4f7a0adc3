import { withDeadline } from "../../lib/deadline.ts";
import { onceResolved } from "../../lib/isolate.ts";
import { logEvent, logFailure } from "../../lib/log.ts";
import { configOf } from "../config/config.ts";
import { type Deployment, MARK_KEY, mismatchOf, parseMark } from "../config/deployment.ts";
import { ownsLedger } from "./deployment.ts";

const inBucket = (bucketOf: (env: Env) => R2Bucket) => ({
  read: async (env: Env) => parsed((await (await bucketOf(env).get(MARK_KEY))?.text()) ?? null),
  write: (env: Env, own: Deployment): Promise<unknown> =>
    bucketOf(env).put(MARK_KEY, JSON.stringify(own), { onlyIf: { etagDoesNotMatch: "*" } }),
});

/** How each store beside the databases reads and writes its mark. The functions throw the errors of their store. */
const STORES = {
  edge: {
    read: async ({ EDGE }: Env) => parsed(await EDGE.get(MARK_KEY)),
    write: ({ EDGE }: Env, own: Deployment): Promise<unknown> => EDGE.put(MARK_KEY, JSON.stringify(own)),
  },
  binaries: inBucket(({ BINARIES }) => BINARIES),
  backups: inBucket(({ BACKUPS }) => BACKUPS),
} as const;

const parsed = (text: string | null): Deployment | null => (text === null ? null : parseMark(text));

/** A store that the Worker marks itself. */
export type MarkedStore = keyof typeof STORES;

/** The stores that the Worker marks itself. */
export const MARKED_STORES = Object.keys(STORES) as MarkedStore[];

/** The mark of a store; null if it has none. Throws the store's errors. */
export const readStoreMark = (env: Env, store: MarkedStore): Promise<Deployment | null> => STORES[store].read(env);

/**
 * Marks the stores that have no mark as `own`. Call it only if the ledger carries the mark of `own`. A mark is never
 * overwritten. Throws the stores' errors.
 */
export async function markStores(env: Env, own: Deployment): Promise<void> {
  for (const store of MARKED_STORES) {
    if ((await readStoreMark(env, store)) === null) await STORES[store].write(env, own);
  }
}

/** How long the buckets may take to show their marks, in milliseconds. */
const PATIENCE_MS = 3_000;

/** A bucket carries the mark of another deployment. */
class ForeignBucket extends Error {}

/** Requires that no bucket carries the mark of another deployment. Throws `ForeignBucket`, and R2's errors. */
const requireOwnBuckets = onceResolved(async (env: Env): Promise<true> => {
  const { DEPLOYMENT, PUBLIC_URL, LIVEMODE } = configOf(env);
  const own = { name: DEPLOYMENT, public_url: PUBLIC_URL, livemode: LIVEMODE };
  for (const store of ["binaries", "backups"] as const) {
    const mark = await readStoreMark(env, store);
    const mismatch = mark && mismatchOf(mark, own);
    if (mismatch) throw new ForeignBucket(mismatch.replace("The ledger belongs", `The bucket of ${store} belongs`));
  }
  return true;
});

/**
 * Whether ledger and buckets belong to this deployment, so that the cron and the queue's consumer may act: they delete
 * objects that this ledger does not name. It reads each mark once per isolate, and logs a mismatch. A bucket that fails
 * or is slow stops nothing, because revocations must be published. Throws D1's errors.
 */
export async function ownsStores(env: Env): Promise<boolean> {
  if (!(await ownsLedger(env))) return false;
  try {
    return await withDeadline(() => requireOwnBuckets(env), PATIENCE_MS);
  } catch (error) {
    if (error instanceof ForeignBucket) logEvent("deployment.mismatch", { message: error.message });
    else logFailure("deployment.unknown", error);
    return !(error instanceof ForeignBucket);
  }
}
