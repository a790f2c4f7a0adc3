import type { UnixSeconds } from "../../../lib/time.ts";
import { grantAt, plans, type SoldPlanId } from "../plans.ts";
import type { LicenseRow } from "./record.ts";
import type { LicensePatch } from "./store.ts";

/**
 * The plan and the number of machines that a subscription pays for. `allowed`: the machines for now, if they are fewer
 * before the first payment. `hasEnded`: it is canceled for good.
 */
export type Paid = { plan: SoldPlanId; machines: number; allowed?: number; hasEnded: boolean };

/**
 * The grant of a license that follows a subscription, as a patch. A license keeps the grant that it was sold with until
 * its plan changes at Stripe. An admin's floor of the machine limit stays. A plan that an admin has chosen after the
 * subscription ended stays, too, until the license has a subscription that runs.
 */
export function paidGrant(
  license: Pick<LicenseRow, "plan" | "machine_limit_floor" | "plan_amended">,
  { plan, machines, allowed = machines, hasEnded }: Paid,
  now: UnixSeconds,
): LicensePatch {
  if (hasEnded && license.plan_amended) return {};
  return {
    ...(plan === license.plan ? {} : { plan, ...grantAt(plans[plan], now) }),
    plan_amended: false,
    machine_limit_paid: machines,
    machine_limit: limitOf(allowed, license.machine_limit_floor),
  };
}

/** The machine limit of a license: the paid number, or the admin's floor if that is greater. */
export const limitOf = (paid: number | null, floor: number | null): number => Math.max(paid ?? 0, floor ?? 0);
