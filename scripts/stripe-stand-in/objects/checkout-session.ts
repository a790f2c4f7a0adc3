import type Stripe from "stripe";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";
import { amountOf } from "./catalog.ts";

export type NewSession = {
  mode: "payment" | "subscription";
  currency: string;
  success_url: string;
  cancel_url?: string | undefined;
  expires_at?: number | undefined;
  customer?: string | undefined;
  customer_email?: string | undefined;
  customer_creation?: "always" | "if_required" | undefined;
  client_reference_id?: string | undefined;
  allow_promotion_codes?: boolean | undefined;
  automatic_tax?: boolean | undefined;
  billing_address_collection?: string | undefined;
  invoice_creation?: boolean | undefined;
  locale?: string | undefined;
  metadata?: Stripe.Metadata | undefined;
  consent_collection?: { terms_of_service?: "none" | "required" | undefined } | undefined;
  custom_text?: { submit?: { message: string } | undefined } | undefined;
  payment_method_collection?: string | undefined;
  submit_type?: string | undefined;
  tax_id_collection?: boolean | undefined;
};

const DAY = 86_400;

/** An open checkout session. Its amounts are zero until `addUp` sums the lines. */
export function newSession(standIn: StandIn, input: NewSession): Stripe.Checkout.Session {
  const id = newId("cs_test", 58);
  const created = standIn.now();
  const isPayment = input.mode === "payment";
  return {
    id,
    object: "checkout.session",
    adaptive_pricing: { enabled: true },
    after_expiration: null,
    allow_promotion_codes: input.allow_promotion_codes ?? null,
    allowed_payment_method_types: null,
    amount_subtotal: 0,
    amount_total: 0,
    automatic_tax: {
      enabled: input.automatic_tax ?? false,
      liability: input.automatic_tax ? { type: "self" } : null,
      provider: input.automatic_tax ? "stripe" : null,
      status: input.automatic_tax ? "requires_location_inputs" : null,
    },
    billing_address_collection: input.billing_address_collection ?? null,
    cancel_url: input.cancel_url ?? null,
    client_reference_id: input.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: input.consent_collection
      ? {
          payment_method_reuse_agreement: null,
          promotions: null,
          terms_of_service: input.consent_collection.terms_of_service ?? "none",
        }
      : null,
    created,
    currency: input.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: input.custom_text?.submit ?? null,
      terms_of_service_acceptance: null,
    },
    customer: input.customer ?? null,
    customer_account: null,
    customer_creation: isPayment ? (input.customer_creation ?? "if_required") : "always",
    customer_details: input.customer_email ? customerDetails(input.customer_email, null) : null,
    customer_email: input.customer_email ?? null,
    discounts: [],
    expires_at: input.expires_at ?? created + DAY,
    integration_identifier: null,
    invoice: null,
    invoice_creation: isPayment
      ? {
          enabled: input.invoice_creation ?? false,
          invoice_data: {
            account_tax_ids: null,
            custom_fields: null,
            description: null,
            footer: null,
            issuer: null,
            metadata: {},
            rendering_options: null,
          },
        }
      : null,
    livemode: false,
    locale: input.locale ?? null,
    managed_payments: null,
    metadata: input.metadata ?? {},
    mode: input.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: input.payment_method_collection ?? (isPayment ? "if_required" : "always"),
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open",
    submit_type: input.submit_type ?? null,
    subscription: null,
    success_url: input.success_url,
    tax_id_collection: { enabled: input.tax_id_collection ?? false, required: "never" },
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${standIn.origin}/c/pay/${id}`,
    wallet_options: null,
  };
}

/** The details that the buyer entered. */
export const customerDetails = (
  email: string | null,
  name: string | null,
): Stripe.Checkout.Session.CustomerDetails => ({
  address: null,
  business_name: null,
  email,
  individual_name: null,
  name,
  phone: null,
  tax_exempt: "none",
  tax_ids: [],
});

export type Adjustable = { enabled: boolean; minimum?: number | undefined; maximum?: number | undefined };

/** One line of a checkout session, without discount and tax. */
export function lineItem(
  standIn: StandIn,
  price: Stripe.Price,
  quantity: number,
  currency: string,
  adjustable: Adjustable | undefined,
): Stripe.LineItem {
  const amount = amountOf(standIn, price, quantity, currency);
  const product = typeof price.product === "string" ? standIn.state.products[price.product] : undefined;
  return {
    id: newId("li"),
    object: "item",
    adjustable_quantity: adjustable?.enabled
      ? { enabled: true, minimum: adjustable.minimum ?? 1, maximum: adjustable.maximum ?? 99 }
      : null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency,
    description: product?.name ?? null,
    metadata: {},
    price,
    quantity,
  };
}

/** Sets the currency, the quantity and the discount (in percent) of a line. */
export function reprice(
  standIn: StandIn,
  item: Stripe.LineItem,
  choice: { currency: string; quantity: number; percentOff: number },
): void {
  if (!item.price) return;
  const { currency, quantity, percentOff } = choice;
  item.currency = currency;
  item.quantity = quantity;
  item.amount_subtotal = amountOf(standIn, item.price, quantity, currency);
  item.amount_discount = Math.round((item.amount_subtotal * percentOff) / 100);
  item.amount_tax = 0;
  item.amount_total = item.amount_subtotal - item.amount_discount;
}
