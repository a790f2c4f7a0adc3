import { err, ok, type Result } from "../../../lib/result.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";

/** How long a code can be approved and exchanged, in seconds. */
export const LOGIN_SECONDS = 10 * MINUTE;

/** How many seconds a machine waits between two polls. */
export const INTERVAL_SECONDS = 5;

/** A login as the ledger has it. `name` and `country` are what the machine and the network say; null: unknown. */
export type DeviceLogin = {
  id: string;
  name: string | null;
  country: string | null;
  state: "pending" | "approved" | "denied" | "used";
  license_id: string | null;
  generation: number | null;
  polled_at: UnixSeconds | null;
  created_at: UnixSeconds;
  expires_at: UnixSeconds;
};

/** Whether a person can still decide about the login. */
export const isOpen = ({ state, expires_at }: DeviceLogin, now: UnixSeconds): boolean =>
  state === "pending" && now < expires_at;

/** An approved login: the license and the generation of its key that the machine gets. */
export type Approved = { id: string; licenseId: string; generation: number };

const expired: Refusal = {
  code: "DEVICE_CODE_EXPIRED",
  detail: "This code has expired or was used. Run `rbee-catalog login` again.",
};

/**
 * The answer to a machine that polls for its login (null: no such code). Errors: AUTHORIZATION_PENDING, SLOW_DOWN if it
 * polled a moment ago, ACCESS_DENIED, and DEVICE_CODE_EXPIRED for a code that is unknown, used or too old.
 */
export function decidePoll(login: DeviceLogin | null, now: UnixSeconds): Result<Approved, Refusal> {
  if (login === null || now >= login.expires_at || login.state === "used") return err(expired);
  if (login.state === "denied") {
    return err({ code: "ACCESS_DENIED", detail: "The login was declined in the browser." });
  }
  if (login.state === "approved" && login.license_id !== null && login.generation !== null) {
    return ok({ id: login.id, licenseId: login.license_id, generation: login.generation });
  }
  // Times are whole seconds, so a machine that waits long enough can seem one second early.
  if (login.polled_at !== null && now - login.polled_at < INTERVAL_SECONDS - 1) {
    return err({
      code: "SLOW_DOWN",
      detail: "This machine asks too often. Wait five seconds longer between requests.",
    });
  }
  return err({ code: "AUTHORIZATION_PENDING", detail: "Nobody has approved the code in the browser yet." });
}
