import * as z from "zod";
import { newId } from "../../../lib/id.ts";
import { logFailure } from "../../../lib/log.ts";
import { currentTime } from "../../../lib/time.ts";
import { ifChanged } from "../../../platform/storage/ledger.ts";
import { readPieces } from "../artifact/measurement.ts";
import { CHECK_PLAN, type CheckPlan } from "../artifact/plan.ts";
import { type Artifact, ArtifactRow, readRelease } from "../store.ts";
import { storeFrames } from "./frame-store.ts";
import { type Framer, summationOf } from "./framer.ts";
import type { Framing } from "./framing.ts";
import { framedWrites } from "./store.ts";
import { type SavedSummation, type Summation, savedSummationSchema } from "./summation.ts";

type FrameEnv = Pick<Env, "DB" | "BINARIES">;

/** The last artifact that was worked on, and the sums to go on with. Without sums, it is done. */
const Position = z.object({ artifact: z.string(), saved: savedSummationSchema().nullable() });
type Position = z.infer<typeof Position>;

/** The files of one step: each takes some 20 of an invocation's 1,000 calls of bindings. */
const FILES_A_STEP = 40;

/**
 * Makes missing packages of ready Linux binaries, one file after the other, in the order of their ids. A package is
 * missing if the ledger has none of its format, or if the key that signed it has left the keyring. Returns the position
 * to go on from, null at the end. Idempotent. A framing that throws is logged, and the next run tries it again. Throws
 * the errors of D1 and R2.
 */
export async function frameMissing(
  env: FrameEnv,
  framer: Framer,
  position: string | null,
  { plan = CHECK_PLAN, hasTime = () => true }: { plan?: CheckPlan; hasTime?: () => boolean } = {},
): Promise<string | null> {
  let at = position === null ? null : readPosition(position);
  const keyring = await keyringOf(framer);
  for (let left = plan.step, files = 0; left > 0 && files < FILES_A_STEP && hasTime(); files++) {
    const found = await nextArtifact(env.DB, framer.framings, keyring, at);
    if (found === null) return null;
    const { artifact, missing } = found;
    const saved = at?.saved ?? null;
    const done = await frameFile(env, { ...framer, framings: missing }, artifact, saved, { ...plan, step: left });
    at = { artifact: artifact.id, saved: done.saved };
    left -= done.read;
  }
  return at && JSON.stringify(at);
}

/** A position. Null, so that the run starts again, if another version of the catalog has written it. */
const readPosition = (text: string): Position | null => Position.safeParse(JSON.parse(text)).data ?? null;

/** The fingerprints of the keys that may have signed a package; null if there is no signer now. */
const keyringOf = async (framer: Framer): Promise<string[] | null> => {
  try {
    return (await framer.signer()).keys.map(({ fingerprint }) => fingerprint);
  } catch {
    return null;
  }
};

/** The artifact at a position that has sums, or else the next one that lacks packages, with the framings of these. */
async function nextArtifact(
  db: D1Database,
  framings: readonly Framing[],
  keyring: readonly string[] | null,
  at: Position | null,
): Promise<{ artifact: Artifact; missing: Framing[] } | null> {
  const wanted = framings.flatMap(({ name, architectures }) =>
    Object.values(architectures).map((platform) => ({ format: name, platform })),
  );
  const row = await db
    .prepare(
      `SELECT artifacts.*, (
         SELECT json_group_array(wanted.value ->> 'format') FROM json_each(?1) AS wanted
         WHERE wanted.value ->> 'platform' = platform AND NOT EXISTS (
           SELECT 1 FROM framed_files WHERE artifact_id = artifacts.id AND format = wanted.value ->> 'format'
             AND (signed_by IS NULL OR ?2 IS NULL OR signed_by IN (SELECT value FROM json_each(?2))))
       ) AS missing
       FROM artifacts JOIN releases ON releases.id = release_id
       WHERE (artifacts.id > ?3 OR (artifacts.id = ?3 AND ?4)) AND artifacts.state = 'ready' AND kind = 'binary'
         AND is_source = 0 AND releases.status <> 'blocked' AND missing <> '[]'
       ORDER BY artifacts.id LIMIT 1`,
    )
    .bind(JSON.stringify(wanted), keyring && JSON.stringify(keyring), at?.artifact ?? "", at?.saved ? 1 : 0)
    .first();
  if (row === null) return null;
  const { missing } = z.object({ missing: z.string() }).parse(row);
  const names = z.array(z.string()).parse(JSON.parse(missing));
  return { artifact: ArtifactRow.parse(row), missing: framings.filter(({ name }) => names.includes(name)) };
}

/**
 * Sums a file's packages in slices, up to `plan.step` bytes, and records them. `saved`: the sums, if it is not done.
 */
async function frameFile(
  env: FrameEnv,
  framer: Framer,
  artifact: Artifact,
  saved: SavedSummation | null,
  plan: CheckPlan,
): Promise<{ saved: SavedSummation | null; read: number }> {
  const resumed = saved ? { saved, at: saved.at } : undefined;
  const summation = await summationOf(env.DB, framer, artifact, artifact.signature, resumed);
  let read = 0;
  if (summation === null || summation.isEmpty()) return { saved: null, read };
  for (;;) {
    const { at } = summation.place();
    if (at === artifact.size) {
      if (await summation.endPass()) continue;
      await record(env, artifact, summation);
      return { saved: null, read };
    }
    if (read >= plan.step) return { saved: summation.save(), read };
    const length = Math.min(plan.slice, plan.step - read, artifact.size - at);
    const object = await env.BINARIES.get(artifact.object_key, { range: { offset: at, length } });
    if (object === null) {
      logFailure("artifact.missing", "R2 has no such object.", { object_key: artifact.object_key });
      return { saved: null, read };
    }
    await readPieces(object.body, summation.update);
    if (summation.place().at !== at + length) throw new Error(`R2 cut off ${artifact.object_key}`);
    read += length;
  }
}

/** Records the packages of a file that its release still has, and lets the cron publish the manifest again. */
async function record(env: FrameEnv, artifact: Artifact, summation: Summation): Promise<void> {
  const now = currentTime();
  const rows = await storeFrames(env, artifact.id, await summation.packages(), now);
  if (rows.length === 0) return;
  // A change of the release in between may have dropped the file. Then nothing is written; the next run looks again.
  const { id, worker_id, status, last_change, artifacts } = await readRelease(env.DB, artifact.release_id);
  if (!artifacts.some((one) => one.id === artifact.id && one.object_key === artifact.object_key)) return;
  const root = { table: "releases", id } as const;
  const change = { id: newId("chg"), at: now };
  const entry =
    "INSERT INTO outbox (change_id, topic, key, created_at) SELECT ?, 'manifest', ?, ? WHERE ? <> 'draft' AND TOOK_EFFECT";
  await env.DB.batch([
    ...framedWrites(env.DB, root, { ...change, after: last_change }, rows),
    ifChanged(env.DB, root, last_change, entry, change.id, worker_id, now, status),
  ]);
}
