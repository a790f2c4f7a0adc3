const MiB = 1024 * 1024;

/**
 * The size of every part but the last, in bytes. R2 requires equal parts of at least 5 MiB. A part is small enough to
 * send again after an interruption, and far below the platform's limit of 100 MB for a request.
 */
export const PART_SIZE = 8 * MiB;

/**
 * The maximum size of a file: 8 GiB in 1024 parts. That is the largest publication that `npm run bench` measures from
 * end to end. R2 accepts 10,000 parts, which would be 78 GiB.
 */
export const MAX_FILE_SIZE = 1024 * PART_SIZE;

/** A file of this size or larger is checked in steps of a job. Below it, the request that completes it reads it. */
const CHECKED_IN_STEPS = 64 * MiB;

/** Whether the request that completes a file also checks it. */
export const isCheckedAtOnce = ({ size }: Pick<UploadPlan, "size">): boolean => size < CHECKED_IN_STEPS;

/** The amounts of a check, in bytes: one step reads `step`, and saves its state after each `slice`. */
export type CheckPlan = { slice: number; step: number };

/**
 * Per MiB, BLAKE2b takes 1.5 ms of CPU and each SHA-256 takes 6 ms: one of the file and one of each package around it.
 * With four packages, a step takes some 8 s of CPU and, at 20 MiB/s from R2, a quarter of a minute. An interruption
 * loses the work on one slice.
 */
export const CHECK_PLAN: CheckPlan = { slice: 64 * MiB, step: 256 * MiB };

/** The size of a file and of its parts, in bytes. */
export type UploadPlan = { size: number; part_size: number };

/** The number of a file's parts. */
export const partCount = ({ size, part_size }: UploadPlan): number => Math.ceil(size / part_size);

/** The size of part `n` (from 1) in bytes; null if there is no such part. */
export function sizeOfPart({ size, part_size }: UploadPlan, n: number): number | null {
  if (!Number.isInteger(n) || n < 1 || n > partCount({ size, part_size })) return null;
  return Math.min(part_size, size - (n - 1) * part_size);
}
