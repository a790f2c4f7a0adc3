import type { FramedRecord } from "./framing.ts";

/** The framed files of a worker as the ledger has them. */
export async function framedFromLedger(_db: D1Database, _format: string, _workerId: string): Promise<FramedRecord> {
  return { files: [] };
}
