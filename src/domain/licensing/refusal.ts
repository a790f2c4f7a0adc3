import type { UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { type LicenseFacts, refusalOfStanding, standingOf } from "./license/status.ts";

const rotated: Refusal = {
  code: "KEY_ROTATED",
  detail: "This license has a newer key, and what came from the old one is void. Use the newer key.",
};

/** The refusal for a credential of another generation than the license's current one, or null. */
export const refusalOfGeneration = (current: number, presented: number): Refusal | null =>
  current === presented ? null : rotated;

/**
 * The refusal for a credential of `generation` upon a license, or null if it may be used at `now`. The credential is judged
 * before the license, so that a rotated (leaked) key learns nothing of the license's state.
 */
export const refusalOfUse = (
  license: LicenseFacts & { generation: number },
  generation: number,
  now: UnixSeconds,
  purchaseUrl: string,
): Refusal | null =>
  refusalOfGeneration(license.generation, generation) ?? refusalOfStanding(standingOf(license, now), purchaseUrl);

/** The refusal for a machine that holds no seat. */
export const machineDeactivated: Refusal = {
  code: "MACHINE_DEACTIVATED",
  detail: "This machine is not activated, or has been deactivated. Activate it with the license key.",
};
