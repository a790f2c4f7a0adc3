import * as z from "zod";
import { namesInSignature } from "../domain/releases/artifact/signed-names.ts";
import { requiresSchema, requiresWords } from "../domain/releases/requires/requires.ts";
import type { CatalogClient } from "./catalog-client.ts";
import { CliError, EXIT } from "./errors.ts";
import { type Columns, formatFields, formatRows, formatSize } from "./output.ts";

/** An actor, and its workflow run if it is one. */
const By = z.object({
  actor: z.string(),
  run: z.looseObject({ repository: z.string(), run_id: z.string(), ref: z.string() }).nullable(),
});

/** The fields of a release that the command reads from the admin API. */
export const Release = z.looseObject({
  id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  channel: z.string(),
  status: z.string(),
  source_tag: z.string().nullable(),
  // Absent in answers of a catalog from before commits were signed.
  source: z
    .looseObject({ repository: z.string(), tag: z.string(), commit: z.string(), signature: z.string() })
    .nullish(),
  // Absent in answers of a catalog from before drafts were signed later.
  last_change: z.string().optional(),
  created_at: z.string().optional(),
  notes: z.string().nullish(),
  provenance: z
    .looseObject({
      sha256: z.string(),
      subjects: z.array(z.string()),
      // Absent in answers of a catalog from before provenance was verified.
      verified: z.boolean().optional(),
      reason: z.string().nullish(),
      repository: z.string().nullish(),
      workflow: z.string().nullish(),
      commit: z.string().nullish(),
      run: z.string().nullish(),
    })
    .nullable(),
  /** Older catalogs do not tell them. */
  created_by: By.nullish(),
  published_by: By.nullish(),
  artifacts: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      platform: z.string(),
      filename: z.string(),
      size: z.number(),
      sha256: z.string(),
      state: z.string(),
      signature: z.string().nullable(),
      pgp_signature: z.string().nullable(),
      // Absent in answers of a catalog from before files told their needs.
      requires: requiresSchema().nullish(),
    }),
  ),
});

export type Release = z.infer<typeof Release>;

export const ReleaseAnswer = z.looseObject({ release: Release });

const ReleasePage = z.looseObject({ releases: z.array(Release), next_cursor: z.string().nullable() });

/** The worker's release with exactly this version, drafts included, or null. `client` sends an admin token. */
export async function findRelease(client: CatalogClient, workerId: string, version: string): Promise<Release | null> {
  let cursor: string | undefined;
  do {
    const page = await client.json(ReleasePage, {
      path: "/v1/admin/releases",
      query: { worker_id: workerId, limit: 200, cursor },
    });
    const found = page.releases.find((release) => release.version === version);
    if (found) return found;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return null;
}

/** The worker and version of `worker@version`; null for another text. */
export function namedRelease(name: string): { workerId: string; version: string } | null {
  const [, workerId, version] = /^([^@]+)@(.+)$/.exec(name) ?? [];
  return workerId === undefined || version === undefined ? null : { workerId, version };
}

/** The release id for `rel_...` or `worker@version`. Throws `CliError` if the name is malformed or unknown. */
export async function releaseIdOf(client: CatalogClient, name: string): Promise<string> {
  if (/^rel_[0-9a-z]+$/.test(name)) return name;
  const named = namedRelease(name);
  if (named === null) {
    throw new CliError(EXIT.usage, `"${name}" is not a release: give its id (rel_...) or worker@version.`);
  }
  const release = await findRelease(client, named.workerId, named.version);
  if (release === null) throw new CliError(EXIT.notFound, `There is no ${named.workerId} ${named.version}.`);
  return release.id;
}

const Files = z.array(z.object({ platform: z.string(), kind: z.string() }));

/** The columns of a list of releases. */
export const RELEASE_COLUMNS: Columns<Record<string, unknown>> = {
  RELEASE: "id",
  WORKER: "worker_id",
  VERSION: "version",
  CHANNEL: "channel",
  STATUS: "status",
  PUBLISHED: "published_at",
  FILES: ({ artifacts }) => [
    // Several builds of a platform count as one.
    ...new Set(
      (Files.safeParse(artifacts).data ?? []).map(({ platform, kind }) =>
        kind === "binary" ? platform : kind === "source" ? "source" : `${platform} (${kind})`,
      ),
    ),
  ],
};

/** Formats releases, one a line. */
export const formatReleases = (releases: readonly Release[]): string => formatRows(releases, RELEASE_COLUMNS);

/** The words for a minisign signature. One that names no release would fit the same bytes in another, too. */
const wordsOf = (signature: string): string => {
  const names = namesInSignature(signature);
  return names.has("worker") && names.has("version") ? "minisign" : "minisign (names no version)";
};

/** An actor in words, with its run; null if it is unknown. */
export const byWords = (by: Release["published_by"]): string | null =>
  by ? (by.run ? `${by.actor}, run ${by.run.run_id} of ${by.run.repository} at ${by.run.ref}` : by.actor) : null;

function provenanceWords({ verified, reason, repository, workflow, commit, run }: NonNullable<Release["provenance"]>) {
  if (verified) return `verified: ${workflow} of ${repository}, commit ${commit}, ${run}`;
  return `attached, not verified${reason ? ` (${reason})` : ""}`;
}

/** Formats one release with its files and their signatures. */
export function formatRelease(release: Release): string {
  const { id, worker_id, version, channel, status, source_tag, source, published_at, provenance, artifacts } = release;
  const facts = formatFields({
    Release: id,
    Worker: worker_id,
    Version: version,
    Channel: channel,
    Status: status,
    "Source tag": source_tag,
    "Source commit": source ? `${source.commit} (signed)` : source_tag && "not signed yet",
    Published: published_at,
    "Published by": byWords(release.published_by),
    Provenance: provenance && `${provenanceWords(provenance)}; of ${provenance.subjects.join(", ")}`,
  });
  const files = formatRows(artifacts, {
    FILE: "filename",
    KIND: "kind",
    PLATFORM: "platform",
    NEEDS: ({ requires }) => requiresWords(requires ?? null),
    SIZE: ({ size }) => formatSize(size),
    STATE: "state",
    SIGNED: ({ signature, pgp_signature }) =>
      [signature && wordsOf(signature), pgp_signature && "OpenPGP"].filter(Boolean),
    SHA256: "sha256",
  });
  return `${facts}\n\n${files}`;
}
