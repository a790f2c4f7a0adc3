import { logFailure } from "../../../lib/log.ts";
import { HOUR, type UnixSeconds } from "../../../lib/time.ts";
import { type Change, ifChanged, type Root } from "../../../platform/storage/ledger.ts";
import { discardUpload } from "./binary-store.ts";

/** What R2 holds for nobody any more: an object, and the upload that may still be open for it (null: there was none). */
export type DiscardedObject = { object_key: string; upload_id: string | null };

/** How long an object stays that a request may still be about to name, in seconds: far longer than any request lives. */
const KEPT = HOUR;

/** How many objects a run of the cron frees: few enough for what one invocation may ask of R2. */
const FREED_AT_ONCE = 100;

/**
 * Notes objects to be freed, in the transaction of the change that drops their names from the ledger: so a request that is cut
 * off forgets none. `selection` is a SELECT of object keys and upload ids with the parameters `values`, and ends in its WHERE.
 */
export const discardWrite = (
  db: D1Database,
  root: Root,
  { id, at }: Pick<Change, "id" | "at">,
  selection: string,
  ...values: (string | null)[]
): D1PreparedStatement =>
  ifChanged(db, root, id, `${NOTE} SELECT ?, * FROM (${selection} AND TOOK_EFFECT)`, at, ...values);

/** Notes an object that is about to be written and named: it is freed if the request is cut off before the ledger names it. */
export const noteUnnamed = (db: D1Database, at: UnixSeconds, objectKey: string): D1PreparedStatement =>
  db.prepare(`${NOTE} VALUES (?, ?, NULL)`).bind(at, objectKey);

const NOTE = "INSERT OR IGNORE INTO discarded_objects (discarded_at, object_key, upload_id)";

/**
 * Frees an object that a transaction has discarded. What fails is logged and left to the cron. Never throws: that the ledger no
 * longer names it is done.
 */
export async function freeDiscarded(env: Pick<Env, "DB" | "BINARIES">, discarded: DiscardedObject): Promise<void> {
  try {
    await free(env, discarded);
  } catch (error) {
    logFailure("object.kept", error, { object_key: discarded.object_key });
  }
}

/**
 * Frees what requests have left behind at `now`, oldest first, some hundred at once. An object that the ledger names stays, whatever
 * is noted of it: a restored ledger may know it again. Throws what D1 throws.
 */
export async function freeDiscardedObjects(env: Pick<Env, "DB" | "BINARIES">, now: UnixSeconds): Promise<void> {
  await env.DB.prepare(
    `DELETE FROM discarded_objects WHERE object_key IN (SELECT object_key FROM artifacts)
       OR object_key IN (SELECT object_key FROM provenance)`,
  ).run();
  const { results } = await env.DB.prepare(
    "SELECT object_key, upload_id FROM discarded_objects WHERE discarded_at <= ? ORDER BY discarded_at LIMIT ?",
  )
    .bind(now - KEPT, FREED_AT_ONCE)
    .all<DiscardedObject>();
  for (const discarded of results) await freeDiscarded(env, discarded);
}

async function free({ DB, BINARIES }: Pick<Env, "DB" | "BINARIES">, { object_key, upload_id }: DiscardedObject) {
  if (upload_id === null) await BINARIES.delete(object_key);
  else await discardUpload(BINARIES, { object_key, upload_id });
  await DB.prepare("DELETE FROM discarded_objects WHERE object_key = ?").bind(object_key).run();
}
