import * as z from "zod";
import { ifChanged, type Root } from "../../../platform/storage/ledger.ts";
import { discardWrite } from "../artifact/discarded-store.ts";
import { indexSchema, layoutSchema } from "./record.ts";

const json = z.string().transform((text) => JSON.parse(text) as unknown);

export const FramedRow = z.object({
  artifact_id: z.string(),
  format: z.string(),
  filename: z.string(),
  size: z.number(),
  sha256: z.string(),
  frame_key: z.string(),
  frame_size: z.number(),
  frame_sha256: z.string(),
  layout: json.pipe(layoutSchema()),
  listing: json.pipe(indexSchema()),
  /** The fingerprint of the key that signed the file; null if none did. */
  signed_by: z.string().nullable(),
  framed_at: z.number(),
});

/** A framed file as the ledger has it. `listing` is the format's index. R2 has the frame under `frame_key`. */
export type FramedRow = z.infer<typeof FramedRow>;

/** The columns and values of a row. */
const columnsOf = ({ layout, listing, ...row }: FramedRow, changeId: string) => ({
  ...row,
  layout: JSON.stringify(layout),
  listing: JSON.stringify(listing),
  last_change: changeId,
});

/**
 * The statements that record framed files of an artifact, in the change `made` of `root`. They replace those of the
 * same formats, and discard their frames. `after`: the change is none of `root`, and takes effect if that is the last
 * one.
 */
export const framedWrites = (
  db: D1Database,
  root: Root,
  made: { id: string; at: number; after?: string },
  rows: readonly FramedRow[],
): D1PreparedStatement[] =>
  rows.flatMap((row) => {
    const guard = { id: made.after ?? made.id, at: made.at };
    const columns = columnsOf(row, made.id);
    const names = Object.keys(columns);
    const values = Object.values(columns);
    const old = "SELECT frame_key, NULL FROM framed_files WHERE artifact_id = ? AND format = ?";
    return [
      discardWrite(db, root, guard, old, row.artifact_id, row.format),
      ifChanged(
        db,
        root,
        guard.id,
        `INSERT OR REPLACE INTO framed_files (${names.join(", ")}) SELECT ${names.map(() => "?").join(", ")} WHERE TOOK_EFFECT`,
        ...values,
      ),
      ifChanged(
        db,
        root,
        guard.id,
        "DELETE FROM discarded_objects WHERE object_key = ? AND TOOK_EFFECT",
        row.frame_key,
      ),
    ];
  });

/**
 * The statements that delete the framed files of the artifacts that `condition` selects by `id`, and discard their
 * frames.
 */
export const framedDeletes = (
  db: D1Database,
  root: Root,
  made: { id: string; at: number },
  condition: "id = ?" | "release_id = ?",
  id: string,
): D1PreparedStatement[] => {
  const ofThem = `artifact_id IN (SELECT id FROM artifacts WHERE ${condition})`;
  return [
    discardWrite(db, root, made, `SELECT frame_key, NULL FROM framed_files WHERE ${ofThem}`, id),
    ifChanged(db, root, made.id, `DELETE FROM framed_files WHERE ${ofThem} AND TOOK_EFFECT`, id),
  ];
};
