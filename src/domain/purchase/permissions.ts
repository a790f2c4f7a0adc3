/**
 * The resources of Stripe's restricted keys that this service needs: the name in Stripe's refusals (`rak_plan_read`),
 * and the name in its dashboard. From docs.stripe.com/stripe-apps/reference/permissions.
 */
export const RESOURCES = {
  charge: "Charges and Refunds",
  checkout_session: "Checkout Sessions",
  credit_note: "Credit notes",
  customer: "Customers",
  customer_portal: "Customer portal",
  dispute: "Disputes",
  event: "Events",
  invoice: "Invoices",
  payment_intent: "PaymentIntents",
  payment_method: "PaymentMethods",
  plan: "Prices",
  product: "Products",
  subscription: "Subscriptions",
  webhook: "Webhook Endpoints",
} as const;

type Resource = keyof typeof RESOURCES;

/** A permission of a restricted key. Writing implies reading. */
export type Permission = `${Resource}_${"read" | "write"}`;

/** Methods of the Stripe SDK, each with the permissions that it needs. Expanding an object needs to read it. */
export type Calls = Readonly<Record<string, readonly Permission[]>>;

/** Every call of the Worker. Its client of Stripe has no other method, so a call cannot be forgotten here. */
export const WORKER_CALLS = {
  "billingPortal.configurations.list": ["customer_portal_read"],
  "billingPortal.sessions.create": ["customer_portal_write"],
  "charges.list": ["charge_read"],
  "charges.retrieve": ["charge_read"],
  "checkout.sessions.create": ["checkout_session_write"],
  "checkout.sessions.list": ["checkout_session_read"],
  "checkout.sessions.retrieve": ["checkout_session_read", "invoice_read", "payment_intent_read", "charge_read"],
  "creditNotes.list": ["credit_note_read"],
  "creditNotes.retrieve": ["credit_note_read"],
  "customers.del": ["customer_write"],
  "customers.retrieve": ["customer_read"],
  "customers.update": ["customer_write"],
  "disputes.list": ["dispute_read"],
  "disputes.retrieve": ["dispute_read"],
  "events.list": ["event_read"],
  "invoicePayments.list": ["invoice_read"],
  "invoices.createPreview": ["invoice_write"],
  "invoices.list": ["invoice_read"],
  "invoices.retrieve": ["invoice_read"],
  "paymentMethods.retrieve": ["payment_method_read"],
  "prices.list": ["plan_read"],
  "refunds.create": ["charge_write"],
  "refunds.list": ["charge_read"],
  "refunds.retrieve": ["charge_read"],
  "subscriptions.cancel": ["subscription_write"],
  "subscriptions.retrieve": ["subscription_read"],
  "subscriptions.update": ["subscription_write"],
} as const satisfies Calls;

/** The calls of `rbee-catalog doctor` that the Worker does not need otherwise. Without them, it cannot look. */
export const DOCTOR_CALLS = { "webhookEndpoints.list": ["webhook_read"] } as const satisfies Calls;

/** Every call of `plans sync`. */
export const SYNC_CALLS = {
  "billingPortal.configurations.create": ["customer_portal_write"],
  "billingPortal.configurations.list": ["customer_portal_read"],
  "billingPortal.configurations.update": ["customer_portal_write"],
  "prices.create": ["plan_write"],
  "prices.list": ["plan_read"],
  "prices.update": ["plan_write"],
  "products.create": ["product_write"],
  "products.list": ["product_read"],
  "products.update": ["product_write"],
  "webhookEndpoints.create": ["webhook_write"],
  "webhookEndpoints.del": ["webhook_write"],
  "webhookEndpoints.list": ["webhook_read"],
  "webhookEndpoints.update": ["webhook_write"],
} as const satisfies Calls;

/** The least permissions that allow every call, in the order of their names: one for each resource. */
export function permissionsFor(calls: Calls): Permission[] {
  const needed = new Set(Object.values(calls).flat());
  return [...needed].filter((one) => !needed.has(writing(one)) || one === writing(one)).sort();
}

const writing = (permission: Permission): Permission => permission.replace(/_read$/, "_write") as Permission;

/**
 * A permission in the words of Stripe's dashboard: `Customers: write`. A resource that we do not know keeps its name.
 */
export function permissionInWords(permission: string): string {
  const [, name = permission, level = ""] = /^(\w+)_(read|write)$/.exec(permission) ?? [];
  const resource = Object.entries(RESOURCES).find(([known]) => known === name)?.[1] ?? name;
  return level === "" ? resource : `${resource}: ${level}`;
}
