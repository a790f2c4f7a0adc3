import * as z from "zod";
import { lazy } from "../../../lib/lazy.ts";
import { logFailure } from "../../../lib/log.ts";
import type { EdgeKey } from "../../../platform/storage/edge-store.ts";
import type { FramedRecord } from "./framing.ts";

/** The KV key of the framed files of a format and worker. */
export const framedKey = (format: string, workerId: string): EdgeKey => `framed:${format}:${workerId}`;

const size = z.int().min(0);

export const layoutSchema = lazy(() => z.array(z.union([size, z.tuple([size, size]).readonly()])).readonly());

export const indexSchema = lazy(() => z.record(z.string(), z.unknown()));

const recordSchema = lazy(() =>
  z.object({
    files: z.array(
      z.object({
        version: z.string(),
        stored: z.string(),
        filename: z.string(),
        size,
        sha256: z.string(),
        frame_key: z.string(),
        layout: layoutSchema(),
        index: indexSchema(),
      }),
    ),
  }),
);

const read = new WeakMap<object, FramedRecord>();

/**
 * The framed files of a KV record. Null if there is no record, or an unreadable one, which is logged; the ledger then
 * answers (`framedFromLedger`). Each record in the isolate's memory is parsed once.
 */
export function framedOfRecord(record: unknown): FramedRecord | null {
  if (typeof record !== "object" || record === null) return null;
  const known = read.get(record);
  if (known) return known;
  const { success, data, error } = recordSchema().safeParse(record);
  if (!success) {
    logFailure("framed.unreadable", error);
    return null;
  }
  read.set(record, data);
  return data;
}
