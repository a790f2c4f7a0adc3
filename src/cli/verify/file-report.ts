import { createHash } from "node:crypto";
import * as z from "zod";
import type { ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import { type Attestation, parseProvenance } from "../../domain/releases/provenance/statement.ts";
import { compareVersions } from "../../domain/releases/version.ts";
import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError, problemCode } from "../errors.ts";
import { digestFile, type FileDigest } from "../files.ts";
import { faultOfFile } from "../hive/check.ts";
import type { IndexSource } from "./index-source.ts";

/** A file to verify. `workerId` is null if it may be of any worker. */
export type Target = { path: string; workerId: string | null };

/** The result for one file: its worker, version and status, or the reason for refusing it. */
export type FileReport =
  | (Omit<FileVerdict, "standing"> & {
      path: string;
      result: FileVerdict["standing"];
      provenance: FileProvenance | null;
    })
  | { path: string; result: "refused"; reason: string };

const WorkerList = z.looseObject({ workers: z.array(z.looseObject({ id: z.string() })) });

/**
 * Verifies one file against the index of its worker, or of every worker if the worker is unknown. Throws `CliError` if
 * an index or a provenance cannot be fetched or trusted.
 */
export async function verifyFile(
  { path, workerId }: Target,
  { client, indexes, keys }: { client: CatalogClient; indexes: IndexSource; keys: MinisignPublicKey[] },
): Promise<FileReport> {
  const digest = await digestFile(path);
  // The list needs no signature: it only selects the indexes to search.
  const candidates =
    workerId === null ? (await client.json(WorkerList, { path: "/workers" })).workers.map(({ id }) => id) : [workerId];
  for (const candidate of candidates) {
    const verdict = await judgeBy(indexes, candidate, digest, keys);
    if (verdict === null) continue;
    if (!verdict.ok) return { path, result: "refused", reason: verdict.error };
    const provenance = await readProvenance(client, verdict.value, digest.sha256);
    const { standing, ...facts } = verdict.value;
    return { path, result: standing, ...facts, provenance };
  }
  return {
    path,
    result: "refused",
    reason: `it is not a published file${workerId ? ` of ${workerId}` : ""}, or it was published in the last two minutes.`,
  };
}

async function judgeBy(
  indexes: IndexSource,
  workerId: string,
  digest: FileDigest,
  keys: MinisignPublicKey[],
): ReturnType<typeof judgeFile> {
  try {
    return await judgeFile(digest, await indexes.read(workerId), keys);
  } catch (error) {
    if (problemCode(error) === "WORKER_NOT_FOUND") return null;
    throw error;
  }
}

/** Formats a report: the path, then one fact a line. */
export function formatFileReport(report: FileReport): string {
  const lines =
    report.result === "refused"
      ? [`REFUSED: ${report.reason}`]
      : [
          `${report.worker_id} ${report.version} (${report.filename}), as it was published and signed`,
          standingLine(report.result, report.latest),
          provenanceLine(report.provenance),
        ];
  return [report.path, ...lines.filter((line) => line !== null).map((line) => `  ${line}`)].map(printable).join("\n");
}

function standingLine(standing: FileVerdict["standing"], latest: string | null): string | null {
  switch (standing) {
    case "current":
      return null;
    case "outdated":
      return `Version ${latest} is out.`;
    case "yanked":
      return "This version has been yanked. Change to another when you can.";
    case "blocked":
      return "THIS VERSION HAS BEEN WITHDRAWN. Do not run it.";
  }
}

function provenanceLine(provenance: FileProvenance | null): string | null {
  if (!provenance) return null;
  const { builder_id, source } = provenance;
  const from = source ? `, from ${source.uri}${source.revision ? ` at ${source.revision}` : ""}` : "";
  return `Built by ${builder_id}${from} (as its provenance says)`;
}

/**
 * The builder and source of a file, as its provenance claims. The builder's own tools verify the provenance's
 * signature.
 */
export type FileProvenance = { builder_id: string; source: Attestation["source"] };

/**
 * Reads the provenance of a file. Returns null if the release, the catalog or the mirror has none for these bytes.
 * Throws `CliError` (integrity) if its hash differs from the one in the signed index.
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

/** The bytes at a path, or null for 404 and 410: the release was withdrawn, or the mirror has no copy. */
async function fetchIfThere(client: CatalogClient, at: string): Promise<Buffer | null> {
  try {
    return Buffer.from(await (await client.send({ path: at })).arrayBuffer());
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

type Version = ReleaseIndex["versions"][number];
type Artifact = Version["artifacts"][number];

/** The published file that a file equals, and the status of its version. */
type FileVerdict = {
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
async function judgeFile(
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
