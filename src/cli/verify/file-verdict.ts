import type { ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import { compareVersions } from "../../domain/releases/version.ts";
import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { FileDigest } from "../files.ts";
import { faultOfFile } from "../hive/check.ts";

type Version = ReleaseIndex["versions"][number];
type Artifact = Version["artifacts"][number];

/** The published file that a file equals, and the status of its version. */
export type FileVerdict = {
  standing: "current" | "outdated" | "yanked" | "blocked";
  worker_id: string;
  version: string;
  latest: string | null;
  filename: string;
  provenance_sha256: string | null;
};

/**
 * Finds a file in a worker's index by its sha256, and checks its size and signature. Returns null if the index does not
 * have the file, and an error, as a sentence, if its signature is missing or invalid.
 */
export async function judgeFile(
  digest: FileDigest,
  index: ReleaseIndex,
  keys: MinisignPublicKey[],
): Promise<Result<FileVerdict, string> | null> {
  const found = findFile(index, digest.sha256);
  if (!found) return null;
  const { worker_id, latest } = index;
  const { version, artifact } = found;
  if (artifact.signature === null) return err("it is published without a signature.");
  const expected = { workerId: worker_id, version: version.version, size: artifact.size, sha256: artifact.sha256 };
  const fault = await faultOfFile(digest, expected, artifact.signature, keys);
  if (fault !== null) return err(fault);
  return ok({
    standing: standingOf(version, latest),
    worker_id,
    version: version.version,
    latest,
    filename: artifact.filename,
    provenance_sha256: version.provenance_sha256,
  });
}

function findFile(index: ReleaseIndex, sha256: string): { version: Version; artifact: Artifact } | null {
  for (const version of index.versions) {
    const artifact = version.artifacts.find((file) => file.sha256 === sha256);
    if (artifact) return { version, artifact };
  }
  return null;
}

function standingOf({ status, version }: Version, latest: string | null): FileVerdict["standing"] {
  if (status !== "published") return status;
  return latest !== null && compareVersions(latest, version) > 0 ? "outdated" : "current";
}
