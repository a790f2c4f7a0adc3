import * as z from "zod";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";

// The format of a backup, for the Worker and the command line. docs/backup-format.md describes it for everyone else.

/** The name and version of the format. A reader refuses others. */
export const FORMAT = "rbee-catalog-backup/1";

/** The form of an id. */
export const BACKUP_ID = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/;

/** One file of JSON Lines, compressed by gzip. `key` is its key in the bucket, `sha256` is over its bytes as stored. */
export const Chunk = z.object({
  key: z.string(),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Chunk = z.infer<typeof Chunk>;

/** A row of a table: its columns by name. */
export const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type Row = z.infer<typeof Row>;

/** The values of a primary key, in its order. */
export const RowKey = z.array(z.union([z.string(), z.number()])).min(1);
export type RowKey = z.infer<typeof RowKey>;

/** A line of `changes`: the row with this key as it is at `as_of`; null if it is gone by then. */
export const ChangeLine = z.object({ table: z.string(), key: RowKey, row: Row.nullable() });
export type ChangeLine = z.infer<typeof ChangeLine>;

/** A line of `objects`: an object in R2 that a release offers, or the frame of a package. */
export const ObjectLine = z.object({ key: z.string(), size: z.int(), sha256: z.string() });
export type ObjectLine = z.infer<typeof ObjectLine>;

/** The name of a table or column, so that a reader may use it in SQL between quotation marks. */
const Name = z.string().regex(/^\w+$/);

const Table = z.object({
  name: Name,
  primary_key: z.array(Name).min(1),
  /** The number of rows at `as_of`, counted by the ledger itself. */
  rows: z.int(),
  chunks: z.array(Chunk),
});

/** The last file of a backup that is written. A folder without one is not a backup. */
export const Manifest = z.object({
  format: z.literal(FORMAT),
  id: z.string().regex(BACKUP_ID),
  deployment: z.object({ name: z.string(), public_url: z.string(), livemode: z.boolean() }),
  started_at: z.string(),
  /** The moment that the backup shows. */
  as_of: z.string(),
  migrations: z.array(z.string()),
  /** The statements that make the schema, in an order in which they run. */
  schema: z.array(z.string().regex(/^CREATE (TABLE|INDEX|UNIQUE INDEX|VIEW|TRIGGER) /)),
  tables: z.array(Table),
  /** The tables whose rows are left out. */
  left_out: z.array(z.string()),
  changes: z.array(Chunk),
  objects: z.object({ count: z.int(), bytes: z.int(), chunks: z.array(Chunk) }),
});
export type Manifest = z.infer<typeof Manifest>;

/** The id of the backup that begins at `at`; also its folder in the bucket. Ids sort by time. */
export const backupIdAt = (at: UnixSeconds): string => toRfc3339(at).replace(/\.\d+/, "").replaceAll(":", "-");

export const manifestKey = (id: string): string => `${id}/manifest.json`;

/** Every file of a backup but the manifest. */
export const chunksOf = ({ tables, changes, objects }: Pick<Manifest, "tables" | "changes" | "objects">): Chunk[] => [
  ...tables.flatMap(({ chunks }) => chunks),
  ...changes,
  ...objects.chunks,
];

/** The rows and the bytes of a backup, all files together. */
export const sizeOf = (manifest: Manifest): { rows: number; bytes: number } => ({
  rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
  bytes: chunksOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0),
});
