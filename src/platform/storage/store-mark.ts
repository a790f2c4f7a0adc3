import * as z from "zod";
import type { Deployment } from "../config/deployment.ts";

/** The key of the mark in KV and R2. No record and no object of a release has such a key. */
export const MARK_KEY = "deployment";

const Mark = z.object({ name: z.string(), public_url: z.string(), livemode: z.boolean() });

/** The deployment in the text of a mark; null for another text. */
export function parseMark(text: string): Deployment | null {
  try {
    return Mark.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** How each store beside the databases reads and writes its mark. The functions throw the errors of their store. */
const STORES = {
  edge: {
    read: async ({ EDGE }: Env) => parsed(await EDGE.get(MARK_KEY)),
    write: ({ EDGE }: Env, own: Deployment): Promise<unknown> => EDGE.put(MARK_KEY, JSON.stringify(own)),
  },
  binaries: {
    read: async ({ BINARIES }: Env) => parsed((await (await BINARIES.get(MARK_KEY))?.text()) ?? null),
    write: ({ BINARIES }: Env, own: Deployment): Promise<unknown> =>
      BINARIES.put(MARK_KEY, JSON.stringify(own), { onlyIf: { etagDoesNotMatch: "*" } }),
  },
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
