import * as z from "zod";
import { Chunk, RowKey } from "./format.ts";
import type { Table } from "./schema.ts";

const TableSchema = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  primaryKey: z.array(z.string()),
}) satisfies z.ZodType<Table>;

/** How far a backup is. R2 has it while the backup runs, because a large one takes several invocations. */
export const Progress = z.object({
  id: z.string(),
  startedAt: z.int(),
  schema: z.array(z.string()),
  /** The tables, with their files, the place of the last row that a file has, and whether it is the table's last. */
  tables: z.array(TableSchema.extend({ chunks: z.array(Chunk), after: RowKey.nullable(), ended: z.boolean() })),
  /** The files of the audit trail in the last backup whose rows are behind that place. */
  shared: z.array(Chunk),
  changes: z.array(Chunk),
});
export type Progress = z.infer<typeof Progress>;
export type TableProgress = Progress["tables"][number];

const progressKey = (id: string): string => `${id}/progress.json`;

/** The progress of the backup `id`, or null if it has none. Throws R2's errors. */
export async function readProgress(bucket: R2Bucket, id: string): Promise<Progress | null> {
  const object = await bucket.get(progressKey(id));
  return object && Progress.parse(await object.json());
}

/** Stores the progress of a backup. Throws R2's errors. */
export async function writeProgress(bucket: R2Bucket, progress: Progress): Promise<void> {
  await bucket.put(progressKey(progress.id), JSON.stringify(progress));
}

/** Forgets the progress of a finished backup. Throws R2's errors. */
export const deleteProgress = (bucket: R2Bucket, id: string): Promise<void> => bucket.delete(progressKey(id));
