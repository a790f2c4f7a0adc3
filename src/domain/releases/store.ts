import * as z from "zod";
import { printableLines } from "../../lib/printable.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import type { RootKind } from "../../platform/storage/change.ts";
import { WorkflowRun } from "../../platform/storage/workflow-run.ts";
import { RELEASE_STATUSES, type ReleaseStatus } from "./decision.ts";
import { CHANNELS, FILE_KINDS, FILE_PLATFORMS } from "./manifest.ts";
import { verificationSchema } from "./provenance/claims.ts";
import { requiresSchema } from "./requires/requires.ts";
import type { SourceColumns } from "./source/decision.ts";

const Run = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(WorkflowRun);

const ReleaseRow = z.object({
  id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  channel: z.enum(CHANNELS),
  status: z.enum(RELEASE_STATUSES),
  notes: z.string().overwrite(printableLines).nullable(),
  source_tag: z.string().nullable(),
  source_repository: z.string().nullable(),
  source_commit: z.string().nullable(),
  source_signature: z.string().nullable(),
  created_at: z.number(),
  published_at: z.number().nullable(),
  /** The actor that published it, by its name in the audit trail, and its workflow run. Null: unknown, or no run. */
  published_by: z.string().nullable(),
  published_run: Run.nullable(),
  /** The actor that made the draft, and its workflow run. Null: unknown, or no run. */
  created_by: z.string().nullable(),
  created_run: Run.nullable(),
  revision: z.number(),
  unblocked_at: z.number().nullable(),
  last_change: z.string(),
});

const StoredArtifact = z.object({
  id: z.string(),
  release_id: z.string(),
  kind: z.enum(FILE_KINDS),
  platform: z.enum(FILE_PLATFORMS),
  filename: z.string(),
  size: z.number(),
  sha256: z.string(),
  signature: z.string().nullable(),
  pgp_signature: z.string().nullable(),
  /** In base64, of the checked bytes. Null before the check. */
  blake2b512: z.string().nullable(),
  /** The needs of a binary in canonical form. Null: it says nothing. */
  requires: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(requiresSchema())
    .nullable(),
  state: z.enum(["uploading", "ready"]),
  object_key: z.string(),
  upload_id: z.string(),
  part_size: z.number(),
  created_at: z.number(),
  completed_at: z.number().nullable(),
  is_source: z.number(),
});

/** A row of the ledger. `is_source` decides about a source archive (`rowOfArtifact`). */
export const ArtifactRow = StoredArtifact.transform(({ is_source, ...row }) =>
  is_source === 1 ? { ...row, kind: "source" as const, platform: "any" as const } : row,
);

/**
 * The columns of an artifact. A source archive has the values of a package in `kind` and `platform`, because SQLite
 * cannot add values to the checks of these columns, and an older Worker takes no package for a binary.
 */
export const rowOfArtifact = ({ requires, ...artifact }: Artifact): z.input<typeof StoredArtifact> => ({
  ...artifact,
  requires: requires && JSON.stringify(requires),
  is_source: Number(artifact.kind === "source"),
  ...(artifact.kind === "source" && { kind: "package", platform: "linux-x86_64" }),
});

/** A file of a release as the ledger has it. `object_key` and `upload_id` say where R2 has its bytes. */
export type Artifact = z.infer<typeof ArtifactRow>;

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
  verification: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(verificationSchema())
    .nullable(),
});

/**
 * A release's provenance in the ledger: the hash, size and key of its text, the files that it attests, and its
 * verification (null: attached before provenance was verified).
 */
export type ReleaseProvenance = Omit<z.infer<typeof ProvenanceRow>, "release_id">;

/** A release as the ledger has it, with its artifacts in the order they were added. */
export type Release = z.infer<typeof ReleaseRow> & { artifacts: Artifact[]; provenance: ReleaseProvenance | null };

/** The releases that a condition matches, with files and provenance, in one transaction. Throws D1's errors. */
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

/**
 * Up to `limit` releases, drafts included, newest first, older than the release `before` if that is given. `workers`:
 * only theirs; null: of all workers.
 */
export const listAllReleases = (
  db: D1Database,
  filter: {
    worker_id: string | undefined;
    workers: readonly string[] | null;
    status: ReleaseStatus | undefined;
    limit: number;
    before: string | undefined;
  },
): Promise<Release[]> =>
  selectReleases(
    db,
    `id IN (SELECT id FROM releases WHERE (?1 IS NULL OR worker_id = ?1) AND (?2 IS NULL OR status = ?2)
       AND (?3 IS NULL OR id < ?3) AND (?5 IS NULL OR worker_id IN (SELECT value FROM json_each(?5)))
       ORDER BY id DESC LIMIT ?4) ORDER BY id DESC`,
    filter.worker_id ?? null,
    filter.status ?? null,
    filter.before ?? null,
    filter.limit,
    filter.workers && JSON.stringify(filter.workers),
  );

/**
 * Up to `limit` releases with this id, or with every word of `term` in `worker version`, newest first. `workers` limits
 * them; null: all. Throws D1's errors.
 */
export const listReleasesNamed = (
  db: D1Database,
  term: string,
  workers: readonly string[] | null,
  limit: number,
): Promise<Release[]> =>
  selectReleases(
    db,
    `id IN (SELECT id FROM releases WHERE (id = ?1 OR NOT EXISTS (
         SELECT 1 FROM json_each(?2) AS word WHERE instr(worker_id || ' ' || version, word.value) = 0))
       AND (?4 IS NULL OR worker_id IN (SELECT value FROM json_each(?4)))
       ORDER BY id DESC LIMIT ?3) ORDER BY id DESC`,
    term.toLowerCase(),
    JSON.stringify(term.toLowerCase().split(/\s+/)),
    limit,
    workers && JSON.stringify(workers),
  );

/**
 * The refusal to act on a release that somebody read as `lastChange` left it, if it has changed since. Null if it has
 * not, or if `lastChange` is null.
 */
export const refusalIfChanged = (
  { worker_id, version, last_change }: Release,
  lastChange: string | null,
): Refusal | null =>
  lastChange === null || lastChange === last_change
    ? null
    : { code: "CONFLICT", detail: `${worker_id} ${version} has changed since it was read. Look at it again first.` };

/** The columns of a release that a change may write. Artifacts and provenance have tables of their own. */
type ReleasePatch = Partial<
  Pick<
    Release,
    | "status"
    | "published_at"
    | "published_by"
    | "published_run"
    | "unblocked_at"
    | "notes"
    | "revision"
    | "artifacts"
    | "provenance"
  > &
    SourceColumns
>;

/**
 * Releases, for `change`: an act is decided on the whole release, files and provenance included, and is decided again
 * when any of that has changed. The edge copy has every release but drafts.
 */
export const releaseRoot: RootKind<Release, ReleasePatch> = {
  table: "releases",
  read: readRelease,
  write(db, release, patch, { id }) {
    const { status, published_at, unblocked_at, notes, revision, ...after } = { ...release, ...patch };
    return db
      .prepare(
        `UPDATE releases SET status = ?, published_at = ?, unblocked_at = ?, notes = ?, revision = ?, source_tag = ?,
           source_repository = ?, source_commit = ?, source_signature = ?, published_by = ?, published_run = ?,
           last_change = ? WHERE id = ? AND last_change = ?`,
      )
      .bind(
        ...[status, published_at, unblocked_at, notes, revision],
        ...[after.source_tag, after.source_repository, after.source_commit, after.source_signature],
        ...[after.published_by, after.published_run && JSON.stringify(after.published_run)],
        ...[id, release.id, release.last_change],
      );
  },
  after: (release, patch, { id }) => ({ ...release, ...patch, last_change: id }),
  // A draft that was blocked before has left the manifest.
  publication: ({ status, unblocked_at, worker_id }) =>
    status === "draft" && unblocked_at === null ? undefined : { topic: "manifest", key: worker_id },
};
