import { ApiError } from "../api-error.ts";
import type { Method } from "./api.ts";

/** The account of the stand-in. */
const ACCOUNT = "acct_1StandIn";

/**
 * The permission that covers each path, as Stripe names it in its refusals (`rak_plan_read` for prices). Invoice
 * payments belong to invoices, and refunds to charges. From docs.stripe.com/stripe-apps/reference/permissions and from
 * refusals quoted in public issues (stripe-node#2246, AVideo#8516, st-paywall#36).
 */
const COVERED: readonly (readonly [path: string, resource: string])[] = [
  ["/v1/billing_portal/", "customer_portal"],
  ["/v1/charges", "charge"],
  ["/v1/checkout/sessions", "checkout_session"],
  ["/v1/credit_notes", "credit_note"],
  ["/v1/customers", "customer"],
  ["/v1/disputes", "dispute"],
  ["/v1/events", "event"],
  ["/v1/invoice_payments", "invoice"],
  ["/v1/invoices", "invoice"],
  ["/v1/payment_intents", "payment_intent"],
  ["/v1/payment_methods", "payment_method"],
  ["/v1/prices", "plan"],
  ["/v1/products", "product"],
  ["/v1/refunds", "charge"],
  ["/v1/subscriptions", "subscription"],
  ["/v1/webhook_endpoints", "webhook"],
];

/** The permission to read each kind of object, which a request also needs to expand one. */
const READABLE: Readonly<Record<string, string>> = {
  "billing_portal.configuration": "customer_portal_read",
  charge: "charge_read",
  credit_note: "credit_note_read",
  customer: "customer_read",
  invoice: "invoice_read",
  payment_intent: "payment_intent_read",
  payment_method: "payment_method_read",
  price: "plan_read",
  product: "product_read",
  refund: "charge_read",
  subscription: "subscription_read",
};

/** A key: `granted` is null for a secret key, which may do everything. */
export type ApiKey = { key: string; granted: readonly string[] | null };

/** Refuses a call that a restricted key was not given. GET needs `read`, everything else `write`. */
export function checkCall(key: ApiKey, method: Method, path: string): void {
  const [, resource = "unknown"] = COVERED.find(([covered]) => path.startsWith(covered)) ?? [];
  check(key, `${resource}_${method === "GET" ? "read" : "write"}`);
}

/** Refuses to expand an object of this kind. */
export function checkExpansion(key: ApiKey, kind: string): void {
  const needed = READABLE[kind];
  if (needed !== undefined) check(key, needed);
}

/** Writing implies reading. */
function check({ key, granted }: ApiKey, needed: string): void {
  if (granted === null || granted.includes(needed) || granted.includes(needed.replace(/_read$/, "_write"))) return;
  const masked = `${key.slice(0, 8)}${"*".repeat(12)}${key.slice(-6)}`;
  throw new ApiError({
    status: 403,
    message: `The provided key '${masked}' does not have the required permissions for this endpoint on account '${ACCOUNT}'. Having the 'rak_${needed}' permission would allow this request to continue.`,
  });
}
