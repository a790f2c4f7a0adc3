import * as z from "zod";
import { newId } from "../../lib/id.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Actor, commitChange, isUniqueViolation, newChange } from "../../platform/storage/ledger.ts";
import { type Artifact, ArtifactRow } from "./artifact/store.ts";
import { CHANNELS, type Channel } from "./manifest.ts";
import { unknownSubjects } from "./provenance/statement.ts";
import { nextStatus, RELEASE_STATUSES, type ReleaseAction, type ReleaseStatus } from "./status.ts";

const ReleaseRow = z.object({
  id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  channel: z.enum(CHANNELS),
  status: z.enum(RELEASE_STATUSES),
  notes: z.string().nullable(),
  source_tag: z.string().nullable(),
  created_at: z.number(),
  published_at: z.number().nullable(),
  revision: z.number(),
  last_change: z.string(),
});

const ProvenanceRow = z.object({
  release_id: z.string(),
  sha256: z.string(),
  size: z.number(),
  subjects: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.array(z.object({ name: z.string(), sha256: z.string() }))),
  object_key: z.string(),
  attached_at: z.number(),
});

/** What the ledger knows of a release's provenance: the sum, size and place of its text, and the files that it speaks of. */
export type ReleaseProvenance = Omit<z.infer<typeof ProvenanceRow>, "release_id">;

/** A release as the ledger has it, with its artifacts in the order they were added. */
export type Release = z.infer<typeof ReleaseRow> & { artifacts: Artifact[]; provenance: ReleaseProvenance | null };

/** Releases that a condition over `releases` picks, with what belongs to them, read in one transaction. Throws what D1 throws. */
export async function selectReleases(db: D1Database, condition: string, ...values: unknown[]): Promise<Release[]> {
  const ofThem = `release_id IN (SELECT id FROM releases WHERE ${condition})`;
  const [releases, artifacts, provenance] = await db.batch([
    db.prepare(`SELECT * FROM releases WHERE ${condition}`).bind(...values),
    db.prepare(`SELECT * FROM artifacts WHERE ${ofThem} ORDER BY id`).bind(...values),
    db.prepare(`SELECT * FROM provenance WHERE ${ofThem}`).bind(...values),
  ]);
  const ofRelease = Map.groupBy(
    (artifacts?.results ?? []).map((row) => ArtifactRow.parse(row)),
    ({ release_id }) => release_id,
  );
  const provenanceOf = new Map(
    (provenance?.results ?? []).map((row) => {
      const { release_id, ...facts } = ProvenanceRow.parse(row);
      return [release_id, facts];
    }),
  );
  return (releases?.results ?? []).map((row) => {
    const release = ReleaseRow.parse(row);
    const { id } = release;
    return { ...release, artifacts: ofRelease.get(id) ?? [], provenance: provenanceOf.get(id) ?? null };
  });
}

/** The release with this id. Throws VERSION_NOT_FOUND. */
export async function readRelease(db: D1Database, id: string): Promise<Release> {
  const [release] = await selectReleases(db, "id = ?", id);
  if (!release) throw new Problem({ code: "VERSION_NOT_FOUND", detail: `There is no release ${id}.` });
  return release;
}

/** Up to `limit` releases, drafts included, newest first, made before the release `before` if it is given. */
export const listAllReleases = (
  db: D1Database,
  filter: {
    worker_id: string | undefined;
    status: ReleaseStatus | undefined;
    limit: number;
    before: string | undefined;
  },
): Promise<Release[]> =>
  selectReleases(
    db,
    `id IN (SELECT id FROM releases WHERE (?1 IS NULL OR worker_id = ?1) AND (?2 IS NULL OR status = ?2)
       AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4) ORDER BY id DESC`,
    filter.worker_id ?? null,
    filter.status ?? null,
    filter.before ?? null,
    filter.limit,
  );

/** Makes a draft. Throws CONFLICT when the worker has this version already, whatever has become of it. */
export async function createRelease(
  db: D1Database,
  actor: Actor,
  draft: { worker_id: string; version: string; channel: Channel; notes: string | null; source_tag?: string | null },
): Promise<Release> {
  const { worker_id, version, channel, notes, source_tag = null } = draft;
  const id = newId("rel");
  const change = newChange(actor, { action: "release.create", subject: id, details: { worker_id, version, channel } });
  try {
    await commitChange(db, change, { table: "releases", id }, [
      db
        .prepare(
          `INSERT INTO releases (id, worker_id, version, channel, notes, source_tag, created_at, last_change)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .bind(id, worker_id, version, channel, notes, source_tag, actor.now, change.id),
    ]);
  } catch (error) {
    if (!isUniqueViolation(error, "releases.worker_id, releases.version")) throw error;
    const [taken] = await selectReleases(db, "worker_id = ? AND version = ?", worker_id, version);
    throw new Problem({
      code: "CONFLICT",
      detail: `${worker_id} ${version} exists already: ${taken?.id} (${taken?.status}).`,
    });
  }
  return readRelease(db, id);
}

/**
 * Moves a release on and returns it; reaching the status it has already changes nothing and is recorded nowhere.
 * The edge copy is stale then: the caller publishes it. Throws VERSION_NOT_FOUND, and CONFLICT when the status does not
 * allow the action or when a release to be published is not complete.
 */
export async function moveRelease(
  db: D1Database,
  actor: Actor,
  id: string,
  action: ReleaseAction,
  reason: string | null,
): Promise<Release & { changeId: string | null }> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const release = await readRelease(db, id);
    const next = nextStatus(release.status, action);
    if (!next.ok) throw new Problem({ code: "CONFLICT", detail: next.error });
    if (next.value === release.status) return { ...release, changeId: null };
    if (action === "publish") checkPublishable(release);
    const { worker_id, version } = release;
    const change = newChange(actor, {
      action: `release.${action}`,
      subject: id,
      reason,
      details: { worker_id, version },
    });
    // `last_change` is what the decision was made on: whatever anybody has done since makes it void.
    const write = db
      .prepare(
        `UPDATE releases SET status = ?, published_at = coalesce(published_at, ?), last_change = ?,
           revision = revision + 1
         WHERE id = ? AND last_change = ?`,
      )
      .bind(next.value, actor.now, change.id, id, release.last_change);
    const publication = { topic: "manifest", key: worker_id } as const;
    if (await commitChange(db, change, { table: "releases", id }, [write], publication)) {
      return { ...(await readRelease(db, id)), changeId: change.id };
    }
  }
  throw new Problem({ code: "CONFLICT", detail: `Release ${id} is being changed by others. Please try again.` });
}

/** Throws CONFLICT for a release whose files are not all there and checked, or whose provenance is of others. */
export function checkPublishable({ artifacts, provenance }: Release): void {
  const missing = artifacts.filter(({ state }) => state !== "ready").map(({ filename }) => filename);
  const unknown = unknownSubjects(provenance?.subjects ?? [], artifacts).map(({ name }) => name);
  const refuse = (detail: string): never => {
    throw new Problem({ code: "CONFLICT", detail });
  };
  if (artifacts.length === 0) refuse("A release without any artifact cannot be published.");
  if (missing.length > 0) refuse(`Not uploaded and checked yet: ${missing.join(", ")}.`);
  // Files may have been replaced since it was attached.
  if (unknown.length > 0) refuse(`The provenance is of other files than the release has: ${unknown.join(", ")}.`);
}
