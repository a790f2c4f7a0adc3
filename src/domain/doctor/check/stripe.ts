import type { AccountFinding } from "../../purchase/account/check.ts";
import type { CheckName } from "../checks.ts";
import { type Finding, fail, pass, unclear, warn } from "../finding.ts";

const CHECKS_BY_ABOUT = {
  key: "stripe-key",
  permission: "stripe-permission",
  webhook: "stripe-webhook",
  portal: "stripe-portal",
  price: "stripe-price",
} as const satisfies Record<AccountFinding["about"], CheckName>;

/** The findings of the account at Stripe; null: nothing is sold. `key` is the secret itself, whose kind is checked. */
export function checkStripe(account: readonly AccountFinding[] | null, key: string): Finding[] {
  if (account === null) return [pass("stripe-key", "Nothing is sold here: STRIPE_SECRET_KEY is not set.")];
  return account.map(({ about, subject, state, detail, remedy }) => {
    const check = CHECKS_BY_ABOUT[about];
    const options = { ...(subject === null ? {} : { subject }), ...(remedy === null ? {} : { remedy }) };
    if (state === "unknown") return unclear(check, detail, options);
    if (state === "wrong") return fail(check, detail, options);
    return about === "key" && key.startsWith("sk_live_")
      ? warn("stripe-key", "STRIPE_SECRET_KEY is a secret key, which may do everything in the account.")
      : pass(check, detail, options);
  });
}
