import * as z from "zod";
import { formatTrustedComment } from "../../../lib/minisign/text.ts";
import { DAY, toRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import type { Manifest, SourceArchive } from "../../releases/manifest.ts";
import { canonicalRequires, requiresSchema } from "../../releases/requires/requires.ts";
import { latestRelease } from "../../releases/selection.ts";

/**
 * The facts of a worker that the choice for a machine looks at (src/domain/resolution), so that an index alone answers
 * it. Names that a reader does not know are no fault.
 */
export const IndexedWorker = z.object({
  variant: z.string(),
  family: z.string(),
  kind: z.string(),
  tier: z.string(),
  backend: z.string(),
  /** The platforms that the worker is made for, released or not. */
  platforms: z.array(z.string()),
});

export type IndexedWorker = z.infer<typeof IndexedWorker>;

/**
 * A worker's signed index: every version that was ever published, with every file's hash and signature. Readers accept
 * unknown names, so that a new platform or channel breaks none of them.
 */
export const ReleaseIndex = z.object({
  worker_id: z.string(),
  /** Absent in an index of a catalog from before it was there. */
  worker: IndexedWorker.optional(),
  /** Grows with every change. A client that has seen a higher serial rejects this index as a rollback. */
  serial: z.int().min(0),
  generated_at: z.iso.datetime(),
  /** After this time clients reject the index, because a server may be holding back newer ones. */
  expires_at: z.iso.datetime(),
  /** The newest stable version that is offered, or null. */
  latest: z.string().nullable(),
  versions: z.array(
    z.object({
      version: z.string(),
      channel: z.string(),
      status: z.enum(["published", "yanked", "blocked"]),
      published_at: z.iso.datetime(),
      provenance_sha256: z.string().nullable(),
      /** The commit that the recipe of a free worker builds, signed by a release key. Absent if none is pinned. */
      source: z
        .object({ repository: z.string(), tag: z.string(), commit: z.string(), signature: z.string() })
        .optional(),
      /** The archive of that commit with its submodules, which the recipe builds. Absent if there is none. */
      source_archive: z
        .object({ filename: z.string(), size: z.int(), sha256: z.string(), signature: z.string().nullable() })
        .optional(),
      artifacts: z.array(
        z.object({
          platform: z.string(),
          kind: z.string(),
          filename: z.string(),
          size: z.int(),
          sha256: z.string(),
          /** The text of the file's `.minisig`, or null for an unsigned one (development only). */
          signature: z.string().nullable(),
          /** The needs of a binary; null or absent: it says nothing. */
          requires: requiresSchema().nullable().optional(),
        }),
      ),
    }),
  ),
});

export type ReleaseIndex = z.infer<typeof ReleaseIndex>;

/** The validity of an index, in seconds. One is made every day, so a mirror has six days to fetch the next. */
export const INDEX_LIFETIME = 7 * DAY;

/**
 * The form of indexes. Raise it with every change of their members, of the order of these, or of the facts of a worker
 * in the table. While a deployment spreads, old and new isolates serve the same serial in two forms. The form is part
 * of the time, which the signature's comment names. So a client sees that an index and a signature belong to two
 * versions, and asks again, instead of taking the index for a forged one.
 */
const INDEX_FORM = 1;

/**
 * The creation time of the index that is served at `now`: the day's start in UTC, or the newest release if that is
 * later, and a second for each form. It depends on the manifest, the day and this code only, so every isolate of a
 * deployment makes the same bytes and the same signature.
 */
export const indexTime = ({ releases }: Manifest, now: UnixSeconds): UnixSeconds =>
  Math.max(now - (now % DAY), ...releases.map(({ published_at }) => published_at)) + INDEX_FORM;

/**
 * The index of a worker and its manifest, made at `generatedAt`. Its members have a fixed order, independent of the
 * record's.
 */
export const releaseIndex = (worker: IndexedWorker, manifest: Manifest, generatedAt: UnixSeconds): ReleaseIndex => ({
  worker_id: manifest.worker_id,
  worker,
  serial: manifest.serial,
  generated_at: toRfc3339(generatedAt),
  expires_at: toRfc3339(generatedAt + INDEX_LIFETIME),
  latest: latestRelease(manifest)?.version ?? null,
  versions: manifest.releases.map((release) => ({
    version: release.version,
    channel: release.channel,
    status: release.status,
    published_at: toRfc3339(release.published_at),
    provenance_sha256: release.provenance?.sha256 ?? null,
    ...(release.source && { source: release.source }),
    ...(release.source_archive && { source_archive: indexedArchive(release.source_archive) }),
    artifacts: release.artifacts.map(({ platform, kind, filename, size, sha256, signature, requires }) => {
      return { platform, kind, filename, size, sha256, signature, requires: canonicalRequires(requires) };
    }),
  })),
});

const indexedArchive = ({ filename, size, sha256, signature }: SourceArchive) => ({
  filename,
  size,
  sha256,
  signature,
});

/** The trusted comment of an index's signature. It detects a file and a signature that do not belong together. */
export const indexComment = ({ worker_id, serial, generated_at, expires_at }: ReleaseIndex): string =>
  formatTrustedComment({ worker: worker_id, serial, generated: generated_at, expires: expires_at });
