import { formatId, newIdBytes } from "../../lib/id.ts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import type { NewLicense } from "./license-store.ts";
import { type PlanId, plans } from "./plans.ts";

/** What an admin says of a license to issue; everything left out is the plan's to say. `expires_at` null: for ever. */
export type IssueRequest = {
  plan: PlanId;
  email: string;
  machine_limit?: number | undefined;
  expires_at?: UnixSeconds | null | undefined;
  note?: string | undefined;
};

/** A new license by hand, with its plan's grant as of now. */
export function licenseByHand(request: IssueRequest, livemode: boolean, now: UnixSeconds): NewLicense {
  const plan = plans[request.plan];
  const byPlan = plan.duration_days === null ? null : now + plan.duration_days * DAY;
  return {
    id: formatId("lic", newIdBytes()),
    email: request.email,
    plan: plan.id,
    note: request.note ?? null,
    entitlements: plan.entitlements,
    versions: plan.versions,
    updates_until: null,
    machine_limit: request.machine_limit ?? plan.machine_limit,
    offline_days: plan.offline_days,
    expires_at: request.expires_at === undefined ? byPlan : request.expires_at,
    livemode,
  };
}
