import { err, ok, type Result } from "../../lib/result.ts";
import { Problem, type Refusal, type RequestScope } from "../../platform/http/route.ts";
import type { Manifest, ManifestRelease } from "../releases/manifest.ts";
import { findRelease, latestRelease } from "../releases/selection.ts";
import type { Worker } from "../workers/workers.ts";
import { readDeliveryFacts } from "./facts.ts";

/** A release and its provenance. */
export type OfferedProvenance = { release: ManifestRelease; provenance: NonNullable<ManifestRelease["provenance"]> };

/**
 * The provenance of an exact version or of `latest`; with `filename`, only if it attests that file. Public, because it
 * opens no file. Errors: VERSION_NOT_FOUND, RELEASE_BLOCKED, ARTIFACT_NOT_FOUND.
 */
export function selectProvenance(
  manifest: Manifest,
  version: string,
  filename?: string,
): Result<OfferedProvenance, Refusal> {
  const release = version === "latest" ? latestRelease(manifest) : findRelease(manifest, version);
  if (!release) return err({ code: "VERSION_NOT_FOUND", detail: `${manifest.worker_id} has no such version.` });
  const name = `${manifest.worker_id} ${release.version}`;
  if (release.status === "blocked") return err({ code: "RELEASE_BLOCKED", detail: `${name} has been withdrawn.` });
  const { provenance } = release;
  if (provenance && (filename === undefined || provenance.subjects.includes(filename))) {
    return ok({ release, provenance });
  }
  const what = filename === undefined ? name : `${filename} of ${name}`;
  return err({ code: "ARTIFACT_NOT_FOUND", detail: `No provenance is attached to ${what}.` });
}

/** The suffix that in-toto adds to a file's name for its bundle of attestations. */
const SUFFIX = ".intoto.jsonl";

/** The file whose provenance a name asks for; null if the name is of another kind. */
export const attestedFile = (name: string): string | null =>
  name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;

/** The public path of the provenance of a worker's file. Throws the problem if there is none. */
export async function pathOfProvenance(
  c: RequestScope,
  worker: Worker,
  version: string,
  filename: string,
): Promise<string> {
  const { manifest } = await readDeliveryFacts(c, worker.id, null);
  const selected = selectProvenance(manifest, version, filename);
  if (!selected.ok) throw new Problem(selected.error);
  return `/v1/workers/${worker.id}/${selected.value.release.version}/provenance`;
}
