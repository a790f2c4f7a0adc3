import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { type LicenseRecord, licenseRecordOf } from "../licensing/license/record.ts";
import { readLicense } from "../licensing/license/store.ts";
import { type Manifest, manifestOfRecord } from "../releases/manifest.ts";
import { readLedgerManifest } from "../releases/manifest-publication.ts";

/** What a download decision is made on. `license` is null where none is asked for or none exists. */
export type DeliveryFacts = { manifest: Manifest; license: LicenseRecord | null };

/**
 * The facts of a worker and, if given, a license: one KV read at most, none while the isolate holds both. Where KV fails or
 * does not know a record yet, the ledger answers instead: no download fails because of the edge copy.
 * Throws what D1 throws, and only when KV could not answer either.
 */
export async function readDeliveryFacts(
  env: Pick<Env, "EDGE" | "DB">,
  workerId: string,
  licenseId: string | null,
  now: UnixSeconds,
): Promise<DeliveryFacts> {
  const manifestKey: EdgeKey = `manifest:${workerId}`;
  const keys: EdgeKey[] = licenseId === null ? [manifestKey] : [manifestKey, `license:${licenseId}`];
  const found = await readEdge(env.EDGE, keys, now).catch((error: unknown) => {
    logFailure("edge.unreadable", error, { keys });
    return new Map<EdgeKey, unknown>();
  });
  return {
    manifest: manifestOfRecord(found.get(manifestKey)) ?? (await readLedgerManifest(env.DB, workerId, now)),
    license:
      licenseId === null
        ? null
        : ((found.get(`license:${licenseId}`) as LicenseRecord | null) ??
          (await readLedgerRecord(env.DB, licenseId, now))),
  };
}

/** A license's record as the ledger has it now, or null; this isolate then uses it, too. */
export async function readLedgerRecord(
  db: D1Database,
  licenseId: string,
  now: UnixSeconds,
): Promise<LicenseRecord | null> {
  const license = await readLicense(db, licenseId);
  if (!license) return null;
  const record = licenseRecordOf(license, now);
  rememberEdge(`license:${licenseId}`, record, now);
  return record;
}
