import { logFailure } from "../../lib/log.ts";
import type { Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import { type EdgeKey, readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { patientLedger } from "../../platform/storage/patient-ledger.ts";
import { type LicenseRecord, licenseRecordOf } from "../licensing/license/record.ts";
import { licenseProblem } from "../licensing/refusal.ts";
import { type Manifest, manifestOfRecord } from "../releases/manifest.ts";
import type { DeliveryRefusal } from "./refusal.ts";

/** The facts of a download decision. `license` is null if the request names none. */
export type DeliveryFacts = { manifest: Manifest; license: LicenseRecord | null };

type Scope = Pick<ReadScope, "env"> & { readonly var: Pick<ReadScope["var"], "now" | "config"> };

/**
 * The facts of a worker and, if given, a license: at most one KV read, and none while the isolate holds both. If KV
 * fails or has no record yet, the ledger answers, so no download fails because of the edge copy. Throws KEY_INVALID if
 * the license no longer exists, and D1's errors.
 */
export async function readDeliveryFacts(
  { env, var: { now, config } }: Scope,
  workerId: string,
  licenseId: string | null,
): Promise<DeliveryFacts> {
  const manifestKey: EdgeKey = `manifest:${workerId}`;
  const keys: EdgeKey[] = licenseId === null ? [manifestKey] : [manifestKey, `license:${licenseId}`];
  const found = await readEdge(env.EDGE, keys, now).catch((error: unknown) => {
    logFailure("edge.unreadable", error, { keys });
    return new Map<EdgeKey, unknown>();
  });
  const manifest =
    manifestOfRecord(found.get(manifestKey)) ?? (await readManifest(patientLedger(env.DB), workerId, now));
  if (licenseId === null) return { manifest, license: null };
  const record = found.get(`license:${licenseId}`) as LicenseRecord | null | undefined;
  const license = record ?? (await readLedgerRecord(patientLedger(env.DB), licenseId, now));
  if (!license) throw licenseProblem({ code: "KEY_INVALID", why: "gone" }, config);
  return { manifest, license };
}

/**
 * The record of a license alone, as `readDeliveryFacts` reads it. Throws KEY_INVALID if the license no longer exists,
 * and D1's errors.
 */
export async function readLicenseFacts(
  { env, var: { now, config } }: Scope,
  licenseId: string,
): Promise<LicenseRecord> {
  const key: EdgeKey = `license:${licenseId}`;
  const found = await readEdge(env.EDGE, [key], now).catch((error: unknown) => {
    logFailure("edge.unreadable", error, { keys: [key] });
    return new Map<EdgeKey, unknown>();
  });
  const record = found.get(key) as LicenseRecord | null | undefined;
  const license = record ?? (await readLedgerRecord(patientLedger(env.DB), licenseId, now));
  if (!license) throw licenseProblem({ code: "KEY_INVALID", why: "gone" }, config);
  return license;
}

/** The manifest as the ledger has it. The code for it is evaluated here, because few isolates need it. */
async function readManifest(db: D1Database, workerId: string, now: UnixSeconds): Promise<Manifest> {
  const { readLedgerManifest } = await import("../releases/manifest-publication.ts");
  return readLedgerManifest(db, workerId, now);
}

/** A license's record as the ledger has it now, or null. This isolate uses it from then on. */
async function readLedgerRecord(db: D1Database, licenseId: string, now: UnixSeconds): Promise<LicenseRecord | null> {
  const { readLicense } = await import("../licensing/license/store.ts");
  const license = await readLicense(db, licenseId);
  if (!license) return null;
  const record = licenseRecordOf(license, now);
  rememberEdge(`license:${licenseId}`, record, now);
  return record;
}

/** The refusals that a stale record of a license may cause. */
const MAY_BE_STALE: ReadonlySet<DeliveryRefusal["code"]> = new Set([
  "KEY_ROTATED",
  "LICENSE_REVOKED",
  "LICENSE_SUSPENDED",
  "LICENSE_EXPIRED",
  "MACHINE_DEACTIVATED",
  "NOT_ENTITLED",
]);

/**
 * Decides on the edge's record of a license, and again on the ledger's if the refusal may be due to a stale record. The
 * credential must be newer than the record for that: made later, or of a later generation. An older credential, a
 * revoked one for instance, never causes a read of the ledger. `record` of the answer is the record that the decision
 * is about. It is the only policy for stale records in a request.
 */
export async function decideOnRecord<Value>(
  { env, var: { now } }: Scope,
  record: LicenseRecord,
  credential: { generation: number; issuedAt: UnixSeconds | null },
  decide: (record: LicenseRecord) => Result<Value, DeliveryRefusal>,
): Promise<{ decision: Result<Value, DeliveryRefusal>; record: LicenseRecord }> {
  const decision = decide(record);
  const { generation, issuedAt } = credential;
  const isNewer = generation > record.generation || (issuedAt !== null && issuedAt >= record.published_at);
  if (decision.ok || !isNewer || !MAY_BE_STALE.has(decision.error.code)) return { decision, record };
  const current = await readLedgerRecord(patientLedger(env.DB), record.id, now);
  return current ? { decision: decide(current), record: current } : { decision, record };
}
