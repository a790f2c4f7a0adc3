import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { ProblemCode } from "../../../platform/http/problem.ts";
import type { Worker } from "../../workers/workers.ts";
import { grantsRelease, grantsWorker } from "../grant.ts";
import type { Holder } from "../holder.ts";
import type { License } from "../license/record.ts";
import { machineOfToken } from "../machine/seat.ts";
import { explainRefusal, type LicenseRefusal, refusalOfUse } from "../refusal.ts";

/** The reason why a token is not good for a request. A download would be refused with the same code. */
export type VerdictRefusal = LicenseRefusal | { code: "WORKER_NOT_FOUND" | "NOT_ENTITLED" | "VERSION_NOT_COVERED" };

/**
 * Decides at `now`, by its license in the ledger, whether a genuine token is good for a request; null if it is.
 * `wanted` narrows the request; a null in it is not checked. `updates_until` is not checked, because the publication
 * date of a version is not known here.
 */
export function verdictOf(
  license: License,
  holder: Pick<Holder, "generation" | "machine"> & { issuedAt: UnixSeconds },
  wanted: {
    worker: Pick<Worker, "id" | "tier"> | "unknown" | null;
    version: string | null;
    machine: readonly string[] | null;
  },
  now: UnixSeconds,
): VerdictRefusal | null {
  const refusal = refusalOfUse(license, holder.generation, now);
  if (refusal) return refusal;
  if (wanted.machine !== null && !wanted.machine.includes(holder.machine)) {
    return { code: "MACHINE_MISMATCH", why: "other_token" };
  }
  if (!machineOfToken(license, holder)) return { code: "MACHINE_DEACTIVATED" };
  if (wanted.worker === "unknown") return { code: "WORKER_NOT_FOUND" };
  if (wanted.worker?.tier === "premium" && !grantsWorker(license, wanted.worker.id)) return { code: "NOT_ENTITLED" };
  const published_at = now;
  if (
    wanted.version !== null &&
    !grantsRelease({ ...license, updates_until: null }, { version: wanted.version, published_at })
  ) {
    return { code: "VERSION_NOT_COVERED" };
  }
  return null;
}

/** A verdict in words. Null: the token is valid. */
export function explainVerdict(
  refusal: VerdictRefusal | null,
  config: Pick<Config, "PURCHASE_URL">,
): { valid: boolean; code: "VALID" | ProblemCode; detail: string } {
  if (refusal === null) return { valid: true, code: "VALID", detail: "The token is valid." };
  const refused = (detail: string) => ({ valid: false, code: refusal.code, detail });
  switch (refusal.code) {
    case "WORKER_NOT_FOUND":
      return refused("The catalog has no such worker.");
    case "NOT_ENTITLED":
      return refused("The license does not include this worker.");
    case "VERSION_NOT_COVERED":
      return refused("The license does not cover this version.");
    default:
      return refused(explainRefusal(refusal, config).detail);
  }
}

/** The ids of the premium workers that a license opens. */
export const entitledWorkers = (
  license: Pick<License, "entitlements">,
  workers: readonly Pick<Worker, "id" | "tier">[],
): string[] => workers.filter(({ id, tier }) => tier === "premium" && grantsWorker(license, id)).map(({ id }) => id);
