import { logFailure } from "../../../lib/log.ts";
import { HOUR, type UnixSeconds } from "../../../lib/time.ts";
import { type Change, ifChanged, type Root } from "../../../platform/storage/ledger.ts";
import { discardUpload } from "./binary-store.ts";

/** An object in R2 that nothing refers to, and its upload if that may still be open (null: there is none). */
export type DiscardedObject = { object_key: string; upload_id: string | null };

/** How long a noted object stays in R2, in seconds: no request that may still name it lives this long. */
const KEPT = HOUR;

/** The number of objects that one run of the cron deletes, within R2's limit for an invocation. */
const FREED_AT_ONCE = 100;

/**
 * Notes objects for deletion, in the transaction of the change that drops their names from the ledger, so that an
 * interrupted request leaves none behind. `selection` is a SELECT of object keys and upload ids with the parameters
 * `values`, and ends with its WHERE clause.
 */
export const discardWrite = (
  db: D1Database,
  root: Root,
  { id, at }: Pick<Change, "id" | "at">,
  selection: string,
  ...values: (string | null)[]
): D1PreparedStatement =>
  ifChanged(db, root, id, `${NOTE} SELECT ?, * FROM (${selection} AND TOOK_EFFECT)`, at, ...values);

/** Notes an object before it is written. If the request ends before the ledger names it, the cron deletes it. */
export const noteUnnamed = (db: D1Database, at: UnixSeconds, objectKey: string): D1PreparedStatement =>
  db.prepare(`${NOTE} VALUES (?, ?, NULL)`).bind(at, objectKey);

const NOTE = "INSERT OR IGNORE INTO discarded_objects (discarded_at, object_key, upload_id)";

/** Deletes a discarded object. Never throws: logs errors and leaves the object, which nothing names, to the cron. */
export async function freeDiscarded(env: Pick<Env, "DB" | "BINARIES">, discarded: DiscardedObject): Promise<void> {
  try {
    await free(env, discarded);
  } catch (error) {
    logFailure("object.kept", error, { object_key: discarded.object_key });
  }
}

/**
 * Deletes up to a hundred noted objects at `now`, oldest first. Keeps an object that the ledger names: a restored
 * ledger may name it again. Throws D1's errors.
 */
export async function freeDiscardedObjects(env: Pick<Env, "DB" | "BINARIES">, now: UnixSeconds): Promise<void> {
  await env.DB.prepare(
    `DELETE FROM discarded_objects WHERE object_key IN (SELECT object_key FROM artifacts)
       OR object_key IN (SELECT object_key FROM provenance) OR object_key IN (SELECT frame_key FROM framed_files)`,
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
