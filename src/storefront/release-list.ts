import { logFailure } from "../log.ts";
import type { Manifest, ManifestRelease } from "../releases/manifest.ts";
import { type EdgeKey, readEdge } from "../storage/edge-store.ts";
import type { UnixSeconds } from "../time.ts";

/**
 * A worker's releases for a page, newest first, from the edge copy alone: browsing costs the ledger nothing. Empty where none was
 * ever published; null while the edge copy does not answer.
 */
export async function readReleases(
  edge: Pick<KVNamespace, "get">,
  workerId: string,
  now: UnixSeconds,
): Promise<readonly ManifestRelease[] | null> {
  const key: EdgeKey = `manifest:${workerId}`;
  try {
    const manifest = (await readEdge(edge, [key], now)).get(key) as Manifest | null | undefined;
    return manifest?.releases ?? [];
  } catch (error) {
    logFailure("edge.unreadable", error, { keys: [key] });
    return null;
  }
}
