import type { Claims } from "../../domain/releases/provenance/claims.ts";
import { requiresWords } from "../../domain/releases/requires/requires.ts";
import type { Result } from "../../lib/result.ts";
import { formatFields, formatRows, formatSize } from "../output.ts";
import { byWords, type Release } from "../release-view.ts";

/** All that the holder of the release key decides on. `provenance` is null if none is attached. */
export type Review = {
  release: Release;
  /** The source statement that is signed; null if the release names no tag. */
  source: { repository: string; tag: string; commit: string } | null;
  provenance: Result<Claims, string> | null;
  /** The id of the key that signs. */
  keyId: string;
};

/** Shows what is signed and published, a fact on each line, and warnings at the end. */
export function formatReview({ release, source, provenance, keyId }: Review): string {
  const { worker_id, version, channel, created_at, created_by, notes, artifacts } = release;
  const claims = provenance?.ok ? provenance.value : null;
  const facts = formatFields({
    Worker: worker_id,
    Version: version,
    Channel: channel,
    Drafted: `${created_at ?? "at an unknown time"} by ${byWords(created_by) ?? "an unknown token"}`,
    Source: source && `${source.repository}, tag ${source.tag}, commit ${source.commit}`,
    Provenance:
      provenance === null ? "none" : provenance.ok ? "verified" : `attached, not verified: ${provenance.error}`,
    ...(claims && {
      "  Repository": `${claims.repository} (id ${claims.repository_id})`,
      "  Workflow": `${claims.workflow}, for ${claims.ref}, on a ${claims.runner} runner`,
      "  Commit": claims.commit,
      "  Run": claims.run,
    }),
    Notes: notes,
    "Signed by": `minisign key ${keyId}`,
  });
  const files = formatRows(artifacts, {
    FILE: "filename",
    KIND: "kind",
    PLATFORM: "platform",
    NEEDS: ({ requires }) => requiresWords(requires ?? null),
    SIZE: ({ size }) => formatSize(size),
    SHA256: "sha256",
  });
  return [facts, files, ...warningsOf(release, source, claims)].join("\n\n");
}

function warningsOf(release: Release, source: Review["source"], claims: Claims | null): string[] {
  const unattested = claims
    ? release.artifacts.filter(({ filename }) => !release.provenance?.subjects.includes(filename))
    : [];
  const isOther = source !== null && claims !== null && sameRepository(source.repository, claims.repository);
  return [
    ...(release.provenance?.verified === false && claims
      ? [`WARNING: the catalog does not count this provenance as verified. ${release.provenance.reason ?? ""}`]
      : []),
    ...unattested.map(({ filename }) => `WARNING: the provenance says nothing of ${filename}.`),
    ...(isOther && source.commit !== claims.commit
      ? [`WARNING: the files were built from commit ${claims.commit}, but the tag names ${source.commit}.`]
      : []),
  ];
}

const sameRepository = (one: string, other: string): boolean =>
  one.replace(/\.git$/, "").toLowerCase() === other.replace(/\.git$/, "").toLowerCase();
