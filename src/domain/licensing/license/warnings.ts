import { z } from "@hono/zod-openapi";
import { amountWithCode } from "../../../lib/money.ts";
import { toRfc3339, type UnixSeconds } from "../../../lib/time.ts";
import { isBilled, type LicenseRow, standingOf } from "./record.ts";

/** The codes of warnings. An act that warns has been carried out. */
export const WARNING_CODES = ["still_billed", "cancellation_pending"] as const;

export const Warning = z
  .object({
    code: z.enum(WARNING_CODES).openapi({
      description:
        "`still_billed`: the license is not in force, and its subscription is still billed. `cancellation_pending`: " +
        "its subscription is not canceled at the payment provider yet, which is retried until it is.",
    }),
    message: z.string().openapi({ example: "Its subscription is still billed: 99.00 USD on 2026-12-12." }),
  })
  .openapi("Warning");
export type Warning = z.infer<typeof Warning>;

/** The warnings about a license at `now`: what it costs its owner, although it is not in force. */
export function warningsOf(license: LicenseRow, now: UnixSeconds): Warning[] {
  if (license.cancel_due_at !== null) {
    const message =
      "Its subscription is not canceled at the payment provider yet. This is retried every minute until it is.";
    return [{ code: "cancellation_pending", message }];
  }
  const { status } = standingOf(license, now);
  if (!isBilled(license) || (status !== "revoked" && status !== "suspended")) return [];
  const how = status === "revoked" ? "Revoke it again with cancel_subscription to end that." : "";
  return [{ code: "still_billed", message: `Its subscription is still billed${nextCharge(license)}. ${how}`.trim() }];
}

/** The next charge as a part of a sentence; empty if it is not known. */
function nextCharge({ next_charge_at: at, next_charge_amount: amount, price_currency: currency }: LicenseRow): string {
  if (at === null || amount === null || currency === null) return "";
  return `: ${amountWithCode(amount, currency)} on ${toRfc3339(at).slice(0, 10)}`;
}
