import { createHash } from "node:crypto";
import * as z from "zod";
import { type Attestation, parseProvenance } from "../../domain/releases/provenance.ts";
import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { printable } from "../../lib/printable.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError, problemCode } from "../errors.ts";
import { digestFile, type FileDigest } from "../files.ts";
import { type FileVerdict, judgeFile } from "./file-verdict.ts";
import type { IndexSource } from "./index-source.ts";
import type { Target } from "./target.ts";

/** What is found of a file: a version of a worker, and how it stands, or why it is refused. */
export type FileReport =
  | (Omit<FileVerdict, "standing"> & {
      path: string;
      result: FileVerdict["standing"];
      provenance: FileProvenance | null;
    })
  | { path: string; result: "refused"; reason: string };

const WorkerList = z.looseObject({ workers: z.array(z.looseObject({ id: z.string() })) });

/**
 * Verifies one file against the indexes: its own worker's, or, for a file that nobody has named, each worker's in turn. Throws
 * `CliError` when an index or a provenance cannot be had or believed.
 */
export async function verifyFile(
  { path, workerId }: Target,
  { client, indexes, keys }: { client: CatalogClient; indexes: IndexSource; keys: MinisignPublicKey[] },
): Promise<FileReport> {
  const digest = await digestFile(path);
  // Not signed, and need not be: it says only which indexes to look into.
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
    reason: `it is no published file${workerId ? ` of ${workerId}` : ""}, or was published in the last two minutes.`,
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

/** A report for people: the file, then what it is, a line each. */
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
      return `${latest} is out.`;
    case "yanked":
      return "This version has been yanked: take another when you can.";
    case "blocked":
      return "THIS VERSION HAS BEEN WITHDRAWN: do not run it.";
  }
}

function provenanceLine(provenance: FileProvenance | null): string | null {
  if (!provenance) return null;
  const { builder_id, source } = provenance;
  const from = source ? `, from ${source.uri}${source.revision ? ` at ${source.revision}` : ""}` : "";
  return `Built by ${builder_id}${from} (as its provenance says)`;
}

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
