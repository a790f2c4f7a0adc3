import { logFailure } from "../log.ts";
import { type Manifest, manifestOfRecord } from "../releases/manifest.ts";
import { type EdgeKey, readEdge } from "../storage/edge-store.ts";
import type { UnixSeconds } from "../time.ts";

/**
 * A worker's manifest for a page, from the edge copy alone: browsing costs the ledger nothing. Empty where none was
 * ever published; null while the edge copy does not answer.
 */
export async function readReleases(
  edge: Pick<KVNamespace, "get">,
  workerId: string,
  now: UnixSeconds,
): Promise<Manifest | null> {
  const key: EdgeKey = `manifest:${workerId}`;
  try {
    const record = (await readEdge(edge, [key], now)).get(key);
    return manifestOfRecord(record) ?? { worker_id: workerId, published_at: now, serial: 0, releases: [] };
  } catch (error) {
    logFailure("edge.unreadable", error, { keys: [key] });
    return null;
  }
}
