const MiB = 1024 * 1024;

/**
 * The size of every part but the last, in bytes. R2 requires equal parts of at least 5 MiB. A part is small enough to
 * send again after an interruption, and far below the platform's limit of 100 MB for a request.
 */
export const PART_SIZE = 8 * MiB;

/**
 * The maximum size of a file: 8 GiB in 1024 parts (R2 accepts 10,000). The limit is the CPU time of one request
 * (`limits.cpu_ms` in wrangler.toml), which hashes the whole file with BLAKE2b: well below three minutes at 50 MB/s.
 */
export const MAX_FILE_SIZE = 1024 * PART_SIZE;

/** The size of a file and of its parts, in bytes. */
export type UploadPlan = { size: number; part_size: number };

/** The number of a file's parts. */
export const partCount = ({ size, part_size }: UploadPlan): number => Math.ceil(size / part_size);

/** The size of part `n` (from 1) in bytes; null if there is no such part. */
export function sizeOfPart({ size, part_size }: UploadPlan, n: number): number | null {
  if (!Number.isInteger(n) || n < 1 || n > partCount({ size, part_size })) return null;
  return Math.min(part_size, size - (n - 1) * part_size);
}
