import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import type { ProblemCode } from "../../platform/http/problem.ts";
import { grantsRelease, grantsWorker } from "../licensing/grant.ts";
import type { Holder } from "../licensing/holder.ts";
import { type License, licenseRecordOf } from "../licensing/license/record.ts";
import { machineOfToken } from "../licensing/machine/seat.ts";
import { type LicenseRefusal, refusalOfUse } from "../licensing/refusal.ts";
import type { Manifest } from "../releases/manifest.ts";
import type { Worker } from "../workers/workers.ts";
import { type Claim, decideDelivery } from "./decision.ts";
import { type DeliveryRefusal, explainDelivery } from "./refusal.ts";

/** The reason why a token is not good for a request. A download would be refused with the same code. */
export type VerdictRefusal =
  | DeliveryRefusal
  | LicenseRefusal
  | { code: "WORKER_NOT_FOUND" }
  | { code: "VERSION_NOT_COVERED"; version: string; covered: null };

/** A worker that a verifier names, with its releases; `unknown`: the catalog has no such worker. */
export type NamedWorker = (Pick<Worker, "id" | "tier"> & { manifest: Manifest }) | "unknown";

/**
 * Decides at `now`, by its license in the ledger, whether a genuine token is good for a request; null if it is.
 * `wanted` narrows the request; a null in it is not checked. A worker with a version is decided as a download of it is:
 * a withdrawn version comes first, and one that was never published, or that the license does not cover, is refused.
 * Without a worker, only the range of versions is known, and not when the version was published.
 */
export function verdictOf(
  license: License,
  holder: Pick<Holder, "generation" | "machine"> & { issuedAt: UnixSeconds },
  {
    worker,
    version,
    machine,
  }: { worker: NamedWorker | null; version: string | null; machine: readonly string[] | null },
  now: UnixSeconds,
): VerdictRefusal | null {
  const ofFile =
    worker === null || worker === "unknown" || version === null
      ? null
      : refusalOfVersion(license, holder, worker, version, now);
  if (ofFile?.code === "RELEASE_BLOCKED") return ofFile;
  const refusal = refusalOfUse(license, holder.generation, now);
  if (refusal) return refusal;
  if (machine !== null && !machine.includes(holder.machine)) return { code: "MACHINE_MISMATCH", why: "other_token" };
  if (!machineOfToken(license, holder)) return { code: "MACHINE_DEACTIVATED" };
  if (worker === "unknown") return { code: "WORKER_NOT_FOUND" };
  if (worker?.tier === "premium" && !grantsWorker(license, worker.id))
    return { code: "NOT_ENTITLED", worker: worker.id };
  if (worker !== null || version === null) return ofFile;
  return grantsRelease({ ...license, updates_until: null }, { version, published_at: now })
    ? null
    : { code: "VERSION_NOT_COVERED", version, covered: null };
}

/** The refusal that a download of any file of this version would get; null: a file of it is delivered. */
function refusalOfVersion(
  license: License,
  { generation, machine, issuedAt }: Parameters<typeof verdictOf>[1],
  { manifest, ...worker }: Exclude<NamedWorker, "unknown">,
  version: string,
  now: UnixSeconds,
): DeliveryRefusal | null {
  const record = licenseRecordOf(license, now);
  const claim: Claim = { license: record, generation, machine, tokenMadeAt: issuedAt, mayActivate: false };
  const wanted = { version, channel: "stable", file: { platform: null } } as const;
  const decision = decideDelivery(worker, manifest, wanted, claim, now);
  // Nobody has asked for a file of one platform.
  return decision.ok || decision.error.code === "ARTIFACT_NOT_FOUND" ? null : decision.error;
}

/** A verdict in words. Null: the token is valid. */
export function explainVerdict(
  refusal: VerdictRefusal | null,
  config: Pick<Config, "PURCHASE_URL">,
): { valid: boolean; code: "VALID" | ProblemCode; detail: string } {
  if (refusal === null) return { valid: true, code: "VALID", detail: "The token is valid." };
  const detail =
    refusal.code === "WORKER_NOT_FOUND" ? "The catalog has no such worker." : explainDelivery(refusal, config).detail;
  return { valid: false, code: refusal.code, detail };
}

/** The ids of the premium workers that a license opens. */
export const entitledWorkers = (
  license: Pick<License, "entitlements">,
  workers: readonly Pick<Worker, "id" | "tier">[],
): string[] => workers.filter(({ id, tier }) => tier === "premium" && grantsWorker(license, id)).map(({ id }) => id);
