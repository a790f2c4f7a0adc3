import { createHash } from "node:crypto";
import { type Attestation, parseProvenance } from "../../domain/releases/provenance.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../exit-code.ts";
import { ProblemError } from "../problem-error.ts";
import type { FileVerdict } from "./file-verdict.ts";

/** Who says that they built a file, and from what. Read, not verified: the builder's own tools check its signature. */
export type FileProvenance = { builder_id: string; source: Attestation["source"] };

/**
 * The provenance of a file, if its release has any that speaks of these bytes and the catalog or mirror has it. Throws `CliError`
 * (integrity) when it is not the text that the signed index names.
 */
export async function readProvenance(
  client: CatalogClient,
  { worker_id, version, provenance_sha256 }: FileVerdict,
  fileSha256: string,
): Promise<FileProvenance | null> {
  if (provenance_sha256 === null) return null;
  const bytes = await fetchIfThere(client, path`/v1/workers/${worker_id}/${version}/provenance`);
  if (bytes === null) return null;
  if (createHash("sha256").update(bytes).digest("hex") !== provenance_sha256) {
    throw new CliError(EXIT.integrity, `${client.url}: the provenance of ${worker_id} ${version} has been altered.`);
  }
  const attestations = parseProvenance(bytes.toString("utf8"));
  const ours = attestations.ok
    ? attestations.value.find(({ subjects }) => subjects.some(({ sha256 }) => sha256 === fileSha256))
    : undefined;
  return ours ? { builder_id: ours.builderId, source: ours.source } : null;
}

/** The bytes at a path; null where there are none, as of a release that was withdrawn or on a mirror without them. */
async function fetchIfThere(client: CatalogClient, at: string): Promise<Buffer | null> {
  try {
    return Buffer.from(await (await client.send({ path: at })).arrayBuffer());
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}
