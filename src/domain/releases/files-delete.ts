import { ifChanged } from "../../platform/storage/ledger.ts";
import { discardWrite } from "./artifact/discarded-store.ts";
import { framedDeletes } from "./framing/store.ts";

/**
 * The statements that delete every file of a release, uploaded or not, its packages and its provenance, in the change
 * `made`. The objects in R2 are noted for deletion (`freeDiscarded`).
 */
export function filesDelete(
  db: D1Database,
  releaseId: string,
  made: { id: string; at: number },
): D1PreparedStatement[] {
  const root = { table: "releases", id: releaseId } as const;
  const run = (sql: string) => ifChanged(db, root, made.id, sql, releaseId);
  const ofItsFiles = "artifact_id IN (SELECT id FROM artifacts WHERE release_id = ?) AND TOOK_EFFECT";
  const discard = (columns: string, table: string) =>
    discardWrite(db, root, made, `SELECT ${columns} FROM ${table} WHERE release_id = ?`, releaseId);
  return [
    discard("object_key, upload_id", "artifacts"),
    discard("object_key, NULL", "provenance"),
    ...framedDeletes(db, root, made, "release_id = ?", releaseId),
    run(`DELETE FROM artifact_parts WHERE ${ofItsFiles}`),
    run(`DELETE FROM package_contents WHERE ${ofItsFiles}`),
    run(`DELETE FROM packages WHERE ${ofItsFiles}`),
    run("DELETE FROM artifacts WHERE release_id = ? AND TOOK_EFFECT"),
    run("DELETE FROM provenance WHERE release_id = ? AND TOOK_EFFECT"),
  ];
}
