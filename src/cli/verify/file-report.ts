import * as z from "zod";
import type { MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import { printable } from "../../lib/printable.ts";
import type { CatalogClient } from "../catalog-client.ts";
import { digestFile, type FileDigest } from "../file-digest.ts";
import { problemCode } from "../problem-error.ts";
import { type FileVerdict, judgeFile } from "./file-verdict.ts";
import type { IndexSource } from "./index-source.ts";
import { type FileProvenance, readProvenance } from "./provenance-source.ts";
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
