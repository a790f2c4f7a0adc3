import type { UnixSeconds } from "../../lib/time.ts";
import { rememberEdge } from "../../platform/storage/edge-store.ts";
import type { Manifest } from "./manifest.ts";
import { manifestFromLedger } from "./manifest-publication.ts";

/** A worker's manifest as the ledger has it now, where KV cannot say; this isolate then uses it, too. Throws what D1 throws. */
export async function readLedgerManifest(db: D1Database, workerId: string, now: UnixSeconds): Promise<Manifest> {
  const manifest = await manifestFromLedger(db, workerId, now);
  rememberEdge(`manifest:${workerId}`, manifest, now);
  return manifest;
}
