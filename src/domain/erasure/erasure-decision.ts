import type { Refusal } from "../../platform/http/problem.ts";
import type { LicenseRow } from "../licensing/license-record.ts";

/**
 * The refusal to erase the person behind these licenses, or null. A subscription that may still be charged must be canceled
 * first: to end it by the way would take away what is paid for, without a word.
 */
export function refusalOfErasure(licenses: Pick<LicenseRow, "subscription_state">[]): Refusal | null {
  const isRunning = licenses.some(({ subscription_state }) => !["none", "ended"].includes(subscription_state));
  return isRunning
    ? {
        code: "CONFLICT",
        detail: "A subscription is still running. Cancel it in the billing portal, and come back when it has ended.",
      }
    : null;
}
