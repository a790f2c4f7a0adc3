import { findBlocked } from "../releases/blocked-files.ts";
import { type Manifest, ObjectLine } from "./format.ts";

/** The objects that one request looks up: each takes a call of R2, and an invocation has 1,000. */
const CHECKED_AT_ONCE = 500;

/** An object that R2 does not have as a backup lists it. */
export type ObjectFault = { key: string; fault: "missing" | "size" };

/**
 * Looks up the objects of a backup from number `from` (0 is the first). `next` is the number to go on with, null at the
 * end. A blocked file that R2 lacks is no fault: it is deleted when an owner lifts the block, and a restored ledger
 * must block it again. Nor is the frame of a package that has been made again since. Throws D1's and R2's errors, and
 * an error if a list of objects is missing.
 */
export async function checkObjects(
  { DB, BINARIES, BACKUPS }: Pick<Env, "DB" | "BINARIES" | "BACKUPS">,
  { objects }: Manifest,
  from: number,
): Promise<{ checked: number; faults: ObjectFault[]; next: number | null }> {
  let before = 0;
  for (const { key, rows } of objects.chunks) {
    if (from < before + rows) {
      const listed = (await readObjects(BACKUPS, key)).slice(from - before, from - before + CHECKED_AT_ONCE);
      const looks = await Promise.all(
        listed.map(async (object) => ({ object, fault: await faultOf(BINARIES, object) })),
      );
      const missing = looks.flatMap(({ object, fault }) => (fault === "missing" ? [object] : []));
      const blocked = new Set((await findBlocked(DB, missing)).map(({ sha256 }) => sha256));
      const replaced = await replacedFrames(DB, missing);
      const faults = looks.flatMap(({ object: { key: lost, sha256 }, fault }) =>
        fault === null || (fault === "missing" && (blocked.has(sha256) || replaced.has(lost)))
          ? []
          : [{ key: lost, fault }],
      );
      const next = from + listed.length;
      return { checked: listed.length, faults, next: next < objects.count ? next : null };
    }
    before += rows;
  }
  return { checked: 0, faults: [], next: null };
}

/** The keys of frames among `objects` that the ledger names no more. Throws D1's errors. */
async function replacedFrames(db: D1Database, objects: readonly ObjectLine[]): Promise<Set<string>> {
  const frames = objects.map(({ key }) => key).filter((key) => key.startsWith("frames/"));
  if (frames.length === 0) return new Set();
  const { results } = await db
    .prepare("SELECT value AS key FROM json_each(?) WHERE value NOT IN (SELECT frame_key FROM framed_files)")
    .bind(JSON.stringify(frames))
    .all<{ key: string }>();
  return new Set(results.map(({ key }) => key));
}

async function readObjects(bucket: R2Bucket, key: string): Promise<ObjectLine[]> {
  const object = await bucket.get(key);
  if (!object) throw new Error(`the backup has lost ${key}`);
  const text = await new Response(object.body.pipeThrough(new DecompressionStream("gzip"))).text();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [ObjectLine.parse(JSON.parse(line))]));
}

async function faultOf(bucket: R2Bucket, { key, size }: ObjectLine): Promise<ObjectFault["fault"] | null> {
  const object = await bucket.head(key);
  if (!object) return "missing";
  return object.size === size ? null : "size";
}
