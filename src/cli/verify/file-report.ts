import { createHash } from "node:crypto";
import * as z from "zod";
import type { ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import type { Claims } from "../../domain/releases/provenance/claims.ts";
import { type Attestation, parseProvenance } from "../../domain/releases/provenance/statement.ts";
import { compareVersions } from "../../domain/releases/version.ts";
import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { printable } from "../../lib/printable.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError, problemCode } from "../errors.ts";
import { digestFile } from "../files.ts";
import { faultOfFile } from "../hive/check.ts";
import { builtBy } from "../sign/built-by.ts";
import type { IndexSource } from "./index-source.ts";

/** A file to verify. `workerId` is null if it may be of any worker. */
export type Target = { path: string; workerId: string | null };

/** The result for one file: its worker, version and status, or the reason for refusing it. */
export type FileReport =
  | {
      path: string;
      result: Standing;
      worker_id: string;
      version: string;
      latest: string | null;
      filename: string;
      provenance_sha256: string | null;
      provenance: FileProvenance | null;
    }
  | { path: string; result: "refused"; reason: string };

type Standing = "current" | "outdated" | "yanked" | "blocked";

/**
 * The builder and source of a file as its provenance claims, and the run of GitHub Actions that this machine has
 * proven; null: none.
 */
type FileProvenance = { builder_id: string; source: Attestation["source"]; verified: Claims | null };

const WorkerList = z.looseObject({ workers: z.array(z.looseObject({ id: z.string() })) });

/**
 * Verifies one file against the index of its worker, or of every worker if the worker is unknown: its sha256, size and
 * signature. Throws `CliError` if an index or a provenance cannot be fetched or trusted.
 */
export async function verifyFile(
  { path, workerId }: Target,
  { client, indexes, keys }: { client: CatalogClient; indexes: IndexSource; keys: MinisignPublicKey[] },
): Promise<FileReport> {
  const refused = (reason: string): FileReport => ({ path, result: "refused", reason });
  const digest = await digestFile(path);
  // The list needs no signature: it only selects the indexes to search.
  const candidates =
    workerId === null ? (await client.json(WorkerList, { path: "/workers" })).workers.map(({ id }) => id) : [workerId];
  for (const candidate of candidates) {
    const index = await indexes.read(candidate).catch((error: unknown) => {
      if (problemCode(error) === "WORKER_NOT_FOUND") return null;
      throw error;
    });
    const found = index && findFile(index, digest.sha256);
    if (!found) continue;
    const { worker_id, latest } = index;
    const { version, status, provenance_sha256 } = found.version;
    const { filename, size, sha256, signature } = found.artifact;
    if (signature === null) return refused("it is published without a signature.");
    const fault = await faultOfFile(digest, { workerId: worker_id, version, filename, size, sha256 }, signature, keys);
    if (fault !== null) return refused(fault);
    const isOutdated = latest !== null && compareVersions(latest, version) > 0;
    const ifPublished: Standing = isOutdated ? "outdated" : "current";
    const result = status === "published" ? ifPublished : status;
    const facts = { path, result, worker_id, version, latest, filename, provenance_sha256 };
    return { ...facts, provenance: await readProvenance(client, facts, sha256, filesOf(found.version)) };
  }
  return refused(
    `not a published file${workerId ? ` of ${workerId}` : ""} (very recent releases may take two minutes).`,
  );
}

/** Formats a report: the path, then one fact a line. */
export function formatFileReport(report: FileReport): string {
  const lines =
    report.result === "refused"
      ? [`FAILED: ${report.reason}`]
      : [
          `${report.worker_id} ${report.version} (${report.filename}), as it was published and signed`,
          standingLine(report.result, report.latest),
          provenanceLine(report.provenance),
        ];
  return [report.path, ...lines.filter((line) => line !== null).map((line) => `  ${line}`)].map(printable).join("\n");
}

const standingLine = (standing: Standing, latest: string | null): string | null =>
  ({
    current: null,
    outdated: `Version ${latest} is available: run \`rbee-catalog upgrade\`.`,
    yanked: "This version was yanked. Update when you can: run `rbee-catalog upgrade`.",
    blocked: "THIS VERSION HAS BEEN WITHDRAWN. Do not run it.",
  })[standing];

function provenanceLine(provenance: FileProvenance | null): string | null {
  if (!provenance) return null;
  const { builder_id, source, verified } = provenance;
  if (verified) {
    const { repository, workflow, commit, run } = verified;
    return `Built by ${workflow} of ${repository} at ${commit} (verified: ${run})`;
  }
  const from = source ? `, from ${source.uri}${source.revision ? ` at ${source.revision}` : ""}` : "";
  return `Built by ${builder_id}${from} (as its provenance says)`;
}

/**
 * Reads the provenance of a file. Returns null if the release, the catalog or the mirror has none for these bytes.
 * Throws `CliError` (integrity) if its hash differs from the one in the signed index.
 */
async function readProvenance(
  client: CatalogClient,
  { worker_id, version, provenance_sha256 }: { worker_id: string; version: string; provenance_sha256: string | null },
  fileSha256: string,
  files: readonly { filename: string; sha256: string }[],
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
  if (!ours) return null;
  const run = await builtBy(bytes.toString("utf8"), files);
  return { builder_id: ours.builderId, source: ours.source, verified: run.ok ? run.value : null };
}

/** The bytes at a path, or null for 404 and 410: the release was withdrawn, or the mirror has no copy. */
async function fetchIfThere(client: CatalogClient, at: string): Promise<Buffer | null> {
  try {
    return Buffer.from(await (await client.send({ path: at })).arrayBuffer());
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

/** The files of a version in an index: its artifacts, and its source archive if it has one. */
const filesOf = ({ artifacts, source_archive }: ReleaseIndex["versions"][number]) => [
  ...artifacts,
  ...(source_archive ? [source_archive] : []),
];

/** The version and the file of an index that have this sha256, or null. */
function findFile(index: ReleaseIndex, sha256: string) {
  for (const version of index.versions) {
    const artifact = filesOf(version).find((file) => file.sha256 === sha256);
    if (artifact) return { version, artifact };
  }
  return null;
}
