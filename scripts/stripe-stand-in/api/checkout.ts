import type Stripe from "stripe";
import * as z from "zod";
import { ApiError, find, inactive, refused } from "../api-error.ts";
import { addUp, expireSession, sessionById } from "../billing/checkout.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, group, inRange, integer, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import { refuseOtherCurrency } from "../objects/catalog.ts";
import { lineItem, newSession } from "../objects/checkout-session.ts";
import { liveCustomer } from "../objects/customer.ts";
import type { StandIn } from "../stand-in.ts";

const url = z
  .string()
  .max(5_000)
  .refine((value) => URL.canParse(value), "not a valid URL");

const createParameters = accept<Stripe.Checkout.SessionCreateParams>()({
  mode: z.enum(["payment", "subscription"]),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .optional(),
  ui_mode: z.literal("hosted_page").optional(),
  line_items: z
    .array(
      group({
        price: text,
        quantity: integer.optional(),
        adjustable_quantity: group({
          enabled: boolean,
          minimum: integer.optional(),
          maximum: integer.optional(),
        }).optional(),
      }),
    )
    .min(1),
  success_url: url,
  cancel_url: url.optional(),
  expires_at: integer.optional(),
  customer: text.optional(),
  customer_email: z.email().optional(),
  customer_creation: z.enum(["always", "if_required"]).optional(),
  customer_update: group({ address: text.optional(), name: text.optional() }).optional(),
  client_reference_id: z.string().max(200).optional(),
  allow_promotion_codes: boolean.optional(),
  automatic_tax: group({ enabled: boolean }).optional(),
  billing_address_collection: z.enum(["auto", "required"]).optional(),
  invoice_creation: group({ enabled: boolean }).optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  custom_text: group({ submit: group({ message: z.string().max(1_200) }).optional() }).optional(),
  consent_collection: group({ terms_of_service: z.enum(["none", "required"]).optional() }).optional(),
  payment_method_collection: z.enum(["always", "if_required"]).optional(),
  submit_type: text.optional(),
  tax_id_collection: group({ enabled: boolean, required: text.optional() }).optional(),
  subscription_data: group({
    trial_period_days: integer.optional(),
    metadata: metadata.optional(),
    description: text.optional(),
    trial_settings: group({
      end_behavior: group({ missing_payment_method: z.enum(["cancel", "create_invoice", "pause"]) }),
    }).optional(),
  }).optional(),
  payment_intent_data: group({
    metadata: metadata.optional(),
    description: text.optional(),
    receipt_email: text.optional(),
    statement_descriptor_suffix: text.optional(),
  }).optional(),
});
type CreateInput = z.output<typeof createParameters>;

const MINUTE = 60;
const DAY = 86_400;

/** Throws `ApiError` for parameters that are valid alone but not together. */
function checkCombination(standIn: StandIn, input: CreateInput): void {
  const only = (mode: string, param: keyof CreateInput): void => {
    if (input[param] !== undefined && input.mode !== mode) {
      throw refused(`\`${param}\` can only be used in \`${mode}\` mode.`, undefined, param);
    }
  };
  only("payment", "customer_creation");
  only("payment", "invoice_creation");
  only("payment", "payment_intent_data");
  only("payment", "submit_type");
  only("subscription", "subscription_data");
  only("subscription", "payment_method_collection");
  if (input.customer && input.customer_email) {
    throw refused("You may only specify one of these parameters: customer, customer_email.", "parameters_exclusive");
  }
  if (input.expires_at !== undefined && !inRange(input.expires_at - standIn.now(), { gte: 30 * MINUTE, lte: DAY })) {
    throw refused("The `expires_at` timestamp must be from 30 minutes to 24 hours from now.", undefined, "expires_at");
  }
  const trial = input.subscription_data?.trial_period_days;
  if (trial !== undefined && (trial < 1 || trial > 730)) {
    throw refused("The trial must have from 1 to 730 days.", undefined, "subscription_data[trial_period_days]");
  }
}

function createSession(standIn: StandIn, input: CreateInput): Stripe.Checkout.Session {
  checkCombination(standIn, input);
  const { state } = standIn;
  let { currency } = input;
  const lines = input.line_items.map((line, index) => {
    const param = `line_items[${index}][price]`;
    const price = find(state.prices, "price", line.price, param);
    if (!price.active) throw inactive(param);
    const product = state.products[typeof price.product === "string" ? price.product : price.product.id];
    if (!product?.active) {
      throw refused(
        `Price \`${price.id}\` is not available to be purchased because its product is not active.`,
        undefined,
        param,
      );
    }
    const quantity = line.quantity ?? 1;
    if (quantity < 1 || quantity > 999_999) {
      throw new ApiError({
        code: "parameter_invalid_integer",
        param: `line_items[${index}][quantity]`,
        message: "Invalid quantity",
      });
    }
    currency ??= price.currency;
    refuseOtherCurrency(standIn, price, currency, param);
    return lineItem(standIn, price, quantity, currency, line.adjustable_quantity);
  });
  const recurring = lines.filter((line) => line.price?.type === "recurring").length;
  if (input.mode === "payment" && recurring > 0) {
    throw refused(
      "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
    );
  }
  if (input.mode === "subscription" && recurring === 0) {
    throw refused("You must provide at least one recurring price in `subscription` mode when using prices.");
  }
  if (input.customer) liveCustomer(standIn, input.customer, "customer");

  const { automatic_tax, invoice_creation, tax_id_collection, ...rest } = input;
  const session = newSession(standIn, {
    ...rest,
    currency: currency ?? "usd",
    automatic_tax: automatic_tax?.enabled,
    invoice_creation: invoice_creation?.enabled,
    tax_id_collection: tax_id_collection?.enabled,
  });
  state.checkout_sessions[session.id] = session;
  state.line_items[session.id] = lines;
  state.checkout_inputs[session.id] = {
    trial_period_days: input.subscription_data?.trial_period_days ?? null,
    subscription_metadata: input.subscription_data?.metadata ?? {},
    subscription_description: input.subscription_data?.description ?? null,
    payment_metadata: input.payment_intent_data?.metadata ?? {},
    payment_description: input.payment_intent_data?.description ?? null,
    missing_payment_method: input.subscription_data?.trial_settings?.end_behavior.missing_payment_method,
  };
  addUp(standIn, session);
  return session;
}

/** The calls for checkout sessions and their line items. */
export const checkoutCalls: ApiCall[] = [
  call("POST", "/v1/checkout/sessions", createParameters, createSession),
  call(
    "GET",
    "/v1/checkout/sessions",
    accept<Stripe.Checkout.SessionListParams>()({
      ...paging,
      created: range.optional(),
      customer: text.optional(),
      customer_details: group({ email: text }).optional(),
      payment_intent: text.optional(),
      subscription: text.optional(),
      status: z.enum(["open", "complete", "expired"]).optional(),
    }),
    ({ state }, { created, customer, customer_details, payment_intent, subscription, status, ...page }) => {
      const wanted = Object.values(state.checkout_sessions).filter(
        (session) =>
          inRange(session.created, created) &&
          (customer === undefined || session.customer === customer) &&
          (customer_details === undefined || session.customer_details?.email === customer_details.email) &&
          (payment_intent === undefined || session.payment_intent === payment_intent) &&
          (subscription === undefined || session.subscription === subscription) &&
          (status === undefined || session.status === status),
      );
      return pageOf(wanted, page, "/v1/checkout/sessions");
    },
  ),
  call("GET", "/v1/checkout/sessions/:id", accept<Stripe.Checkout.SessionRetrieveParams>()({}), (standIn, _, id) =>
    sessionById(standIn, id),
  ),
  call(
    "POST",
    "/v1/checkout/sessions/:id/expire",
    accept<Stripe.Checkout.SessionExpireParams>()({}),
    (standIn, _, id) => {
      const session = sessionById(standIn, id);
      expireSession(standIn, session);
      return session;
    },
  ),
  call(
    "GET",
    "/v1/checkout/sessions/:id/line_items",
    accept<Stripe.Checkout.SessionListLineItemsParams>()(paging),
    (standIn, page, id) => {
      const session = sessionById(standIn, id);
      // Stripe lists line items in their given order, not newest first.
      const items = (standIn.state.line_items[session.id] ?? []).toReversed();
      return pageOf(items, page, `/v1/checkout/sessions/${id}/line_items`);
    },
  ),
];
