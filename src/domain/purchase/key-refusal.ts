import { permissionInWords, permissionsFor, WORKER_CALLS } from "./permissions.ts";
import { typeOf } from "./stripe.ts";
import { neededBy } from "./stripe-calls.ts";

/** A refusal of our key by Stripe. `permission` is the missing one (`customer_write`); null: Stripe refuses the key. */
export type KeyRefusal = { permission: string | null };

/**
 * Stripe's words name the missing permission: `Having the 'rak_customer_write' permission would allow this`, or, since
 * 2026, `Enabling "Customers Write" ('customer_write') permissions on this key`.
 */
const NAMED = /'(?:rak_)?([a-z_]+_(?:read|write))'/;

/** The refusal of our key, or null if `error` is something else. It needs no SDK: it reads the error's name. */
export function keyRefusal(error: unknown): KeyRefusal | null {
  if (!(error instanceof Error)) return null;
  if (typeOf(error) === "StripeAuthenticationError") return { permission: null };
  if (typeOf(error) !== "StripePermissionError") return null;
  return { permission: asListed(NAMED.exec(error.message)?.[1] ?? neededBy(error)[0] ?? "unknown") };
}

/** The permission in the list of the key: a read that is refused needs a write if other calls write. */
function asListed(permission: string): string {
  const writing = permission.replace(/_read$/, "_write");
  return permissionsFor(WORKER_CALLS).find((listed) => listed === writing) ?? permission;
}

/** A refusal of our key in words for an admin, with its remedy. */
export const refusalForAdmin = ({ permission }: KeyRefusal): string =>
  permission === null
    ? "Stripe does not accept the key of this service. Set STRIPE_SECRET_KEY to a key that is in force."
    : `The Stripe key of this service lacks the permission "${permissionInWords(permission)}" (${permission}). ` +
      "Add it to the key in Stripe's dashboard under Developers, API keys, and repeat this.";
