import type { UnixSeconds } from "../../../lib/time.ts";
import type { ProblemCode } from "../../../platform/http/problem.ts";
import type { Worker } from "../../workers/workers.ts";
import { grantsRelease, grantsWorker } from "../grant.ts";
import type { License } from "../license/record.ts";
import { activeMachine } from "../machine/seat.ts";
import { machineDeactivated, refusalOfUse } from "../refusal.ts";
import type { LicenseTokenClaims } from "./token.ts";

/** Whether a genuine token is good for what is asked, and if not, the code that a download would be refused with. */
export type Verdict =
  | { valid: true; code: "VALID"; detail: string }
  | { valid: false; code: ProblemCode; detail: string };

/**
 * The verdict at `now` on a token's claims, by its license as the ledger has it; `wanted` narrows the question, null asks
 * nothing. When a version was published is not known here, so `updates_until` is left to the download's own decision.
 */
export function verdictOf(
  license: License,
  claims: Pick<LicenseTokenClaims, "gen" | "machine">,
  wanted: { worker: Pick<Worker, "id" | "tier"> | "unknown" | null; version: string | null; machine: string | null },
  now: UnixSeconds,
  purchaseUrl: string,
): Verdict {
  const refuse = (code: ProblemCode, detail: string): Verdict => ({ valid: false, code, detail });
  const refusal = refusalOfUse(license, claims.gen, now, purchaseUrl);
  if (refusal) return refuse(refusal.code, refusal.detail);
  if (wanted.machine !== null && wanted.machine !== claims.machine) {
    return refuse("MACHINE_MISMATCH", "The token belongs to another machine.");
  }
  if (!activeMachine(license, claims.machine)) return refuse(machineDeactivated.code, machineDeactivated.detail);
  if (wanted.worker === "unknown") return refuse("WORKER_NOT_FOUND", "The catalog has no such worker.");
  if (wanted.worker?.tier === "premium" && !grantsWorker(license, wanted.worker.id)) {
    return refuse("NOT_ENTITLED", "The license does not include this worker.");
  }
  if (
    wanted.version !== null &&
    !grantsRelease({ ...license, updates_until: null }, { version: wanted.version, published_at: now })
  ) {
    return refuse("VERSION_NOT_COVERED", "The license does not cover this version.");
  }
  return { valid: true, code: "VALID", detail: "The token is valid." };
}

/** The ids of the gated workers that a license opens. */
export const entitledWorkers = (
  license: Pick<License, "entitlements">,
  workers: readonly Pick<Worker, "id" | "tier">[],
): string[] => workers.filter(({ id, tier }) => tier === "premium" && grantsWorker(license, id)).map(({ id }) => id);
