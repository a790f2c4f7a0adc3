import type { EdgeKey } from "../../../platform/storage/edge-store.ts";
import type { FramedRecord } from "./framing.ts";

/** The key of the edge copy's record of a worker's framed files. `format` is the name of a `Framing`. */
export const framedKey = (format: string, workerId: string): EdgeKey => `framed:${format}:${workerId}`;

/** The record that the edge copy has; null if there is none yet. */
export const framedOfRecord = (record: unknown): FramedRecord | null =>
  (record as FramedRecord | null | undefined) ?? null;
