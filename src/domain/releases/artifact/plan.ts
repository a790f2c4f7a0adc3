const MiB = 1024 * 1024;

/**
 * The bytes of every part but the last, which R2 wants to be of one size, at least 5 MiB. Small enough that a part
 * is soon sent again after a break, and far below the 100 MB that the platform lets into one request.
 */
export const PART_SIZE = 8 * MiB;

/**
 * The largest file: 8 GiB, in 1024 parts (R2 takes 10,000). What bounds it is that the whole file is hashed with BLAKE2b
 * within the CPU time of one request (`limits.cpu_ms` in wrangler.toml): at 50 MB a second, well below three minutes.
 */
export const MAX_FILE_SIZE = 1024 * PART_SIZE;

/** A file's bytes and how they are cut. */
export type UploadPlan = { size: number; part_size: number };

/** How many parts a file has. */
export const partCount = ({ size, part_size }: UploadPlan): number => Math.ceil(size / part_size);

/** How many bytes part `n` (from 1) has; null when there is no such part. */
export function sizeOfPart({ size, part_size }: UploadPlan, n: number): number | null {
  if (!Number.isInteger(n) || n < 1 || n > partCount({ size, part_size })) return null;
  return Math.min(part_size, size - (n - 1) * part_size);
}
