import * as z from "zod";
import { Problem } from "../../../platform/http/problem.ts";
import { contentsDigest, type PackageContents } from "../package-format.ts";
import type { Artifact } from "../store.ts";
import type { SignedName } from "./signed-names.ts";

/** The facts that a file's signature must be made for, and another release that has the same bytes; null: none. */
export type SignedFile = {
  facts: { [Name in SignedName]: string | null };
  twin: { worker_id: string; version: string } | null;
};

const ReleaseFacts = z.object({ worker_id: z.string(), version: z.string(), channel: z.string() });
const Twin = ReleaseFacts.pick({ worker_id: true, version: true });

/** The declared contents of a package, as its rows in the ledger together have them. */
export const StoredContents = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(z.record(z.string(), z.union([z.string(), z.array(z.string())])));

/** The declared contents of a package, null for a binary. Throws D1's errors. */
export const selectContents = (db: D1Database, artifactId: string): D1PreparedStatement =>
  db
    .prepare("SELECT group_concat(text, '' ORDER BY part) AS contents FROM package_contents WHERE artifact_id = ?")
    .bind(artifactId);

/** The contents in the row of `selectContents`. */
export const contentsOfRow = (row: unknown): PackageContents | null =>
  z.object({ contents: StoredContents.nullable() }).parse(row).contents;

/** Reads the facts that the signature of `artifact` must be made for. Throws VERSION_NOT_FOUND, and D1's errors. */
export async function readSignedFile(
  db: D1Database,
  { id, release_id, filename, platform, sha256 }: Artifact,
): Promise<SignedFile> {
  const [releases, packages, twins] = await db.batch([
    db.prepare("SELECT worker_id, version, channel FROM releases WHERE id = ?").bind(release_id),
    selectContents(db, id),
    db
      .prepare(
        `SELECT worker_id, version FROM artifacts JOIN releases ON releases.id = release_id
         WHERE sha256 = ? AND state = 'ready' AND release_id <> ? LIMIT 1`,
      )
      .bind(sha256, release_id),
  ]);
  const [release] = releases?.results ?? [];
  if (!release) throw new Problem({ code: "VERSION_NOT_FOUND", detail: `There is no release ${release_id}.` });
  const { worker_id: worker, version, channel } = ReleaseFacts.parse(release);
  const declared = contentsOfRow(packages?.results[0]);
  const contents = declared && (await contentsDigest(declared));
  const [twin] = twins?.results ?? [];
  const facts = { file: filename, worker, version, platform, channel, contents };
  return { facts, twin: twin === undefined ? null : Twin.parse(twin) };
}
