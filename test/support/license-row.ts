import { type License, NEW_FACTS, NO_BILLING } from "../../src/domain/licensing/license/record.ts";
import { DAY } from "../../src/lib/time.ts";

/** The time at which `licenseRow` was made. */
export const ROW_NOW = Date.UTC(2027, 4, 3, 12) / 1000;

/** A license as the ledger has it, without an end and without a payment, for tests of pure code. */
export const licenseRow = (over: Partial<License> = {}): License => ({
  id: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8",
  generation: 0,
  email: "ada@example.com",
  plan: "premium-monthly",
  note: "a note for admins",
  entitlements: ["llm-worker-rbee-premium-*"],
  versions: "*",
  updates_until: null,
  machine_limit: 5,
  offline_days: 7,
  seat_idle_seconds: null,
  ...NEW_FACTS,
  machine_limit_paid: null,
  machine_limit_floor: null,
  plan_amended: false,
  customer_email_due: false,
  status_index: 1,
  livemode: false,
  checkout_session_id: null,
  stripe_customer_id: null,
  stripe_subscription_id: null,
  stripe_payment_intent_id: null,
  cancel_due_at: null,
  ...NO_BILLING,
  trial_refused: null,
  told: null,
  tell_at: null,
  revision: 1,
  created_at: ROW_NOW - 30 * DAY,
  updated_at: ROW_NOW,
  machines: [],
  ...over,
});
