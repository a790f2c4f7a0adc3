import type Stripe from "stripe";
import { formatAmount } from "../../../src/lib/money.ts";
import { updateCustomer } from "../api/customer.ts";
import { ApiError, find } from "../api-error.ts";
import { collectInvoice } from "../billing/invoicing.ts";
import { chargeOutcome, idOf } from "../billing/payment.ts";
import { currentPeriodEnd, setCancelAtPeriodEnd, setQuantity } from "../billing/subscription-change.ts";
import { changeSubscription } from "../billing/subscription-status.ts";
import { liveCustomer } from "../objects/customer.ts";
import { createPaymentMethod } from "../objects/payment-method.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { escapeHtml, type PageAnswer, page } from "./html.ts";

const LIFETIME_SECONDS = 3_600;

/** `GET /p/session/<portal session>`: the customer's subscriptions, invoices and payment method. */
export function showPortalPage(standIn: StandIn, id: string): PageAnswer {
  return { status: 200, html: portalPage(standIn, portalSession(standIn, id), null) };
}

/** `POST /p/session/<portal session>`: handles a button, `action=cancel|resume|quantity|plan|payment_method|email`. */
export async function submitPortalPage(standIn: StandIn, id: string, form: URLSearchParams): Promise<PageAnswer> {
  const session = portalSession(standIn, id);
  try {
    act(standIn, session, form);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: 422, html: portalPage(standIn, session, error.message) };
  }
  await standIn.deliveries.settled();
  return { status: 303, location: session.url };
}

function portalSession(standIn: StandIn, id: string): Stripe.BillingPortal.Session {
  const session = find(standIn.state.portal_sessions, "portal session", id);
  if (standIn.now() - session.created > LIFETIME_SECONDS) {
    throw new ApiError({ status: 410, message: "This portal session has expired." });
  }
  return session;
}

function act(standIn: StandIn, session: Stripe.BillingPortal.Session, form: URLSearchParams): void {
  const customer = liveCustomer(standIn, session.customer);
  if (form.get("action") === "payment_method") {
    changePaymentMethod(standIn, customer, form.get("card"));
    return;
  }
  if (form.get("action") === "email") {
    if (!mayChangeAddress(standIn, session)) throw new ApiError({ message: "You cannot change your address here." });
    updateCustomer(standIn, customer, { email: form.get("email") ?? undefined });
    return;
  }
  const subscription = find(
    standIn.state.subscriptions,
    "subscription",
    form.get("subscription") ?? "",
    "subscription",
  );
  if (subscription.customer !== customer.id)
    throw new ApiError({ message: "This subscription belongs to another customer." });
  switch (form.get("action")) {
    case "cancel":
      setCancelAtPeriodEnd(standIn, subscription, true);
      return;
    case "resume":
      setCancelAtPeriodEnd(standIn, subscription, false);
      return;
    case "quantity": {
      const quantity = Number(form.get("quantity"));
      if (!Number.isInteger(quantity) || quantity < 1)
        throw new ApiError({ message: "Enter a whole number of machines." });
      setQuantity(standIn, subscription, quantity);
      return;
    }
    case "plan": {
      const price = find(standIn.state.prices, "price", form.get("price") ?? "", "price");
      setQuantity(standIn, subscription, subscription.items.data[0]?.quantity ?? 1, price);
      return;
    }
    default:
      throw new ApiError({ message: "This button does not exist." });
  }
}

/** Whether the portal's configuration lets customers change their address. */
function mayChangeAddress({ state }: StandIn, session: Stripe.BillingPortal.Session): boolean {
  const update = state.portal_configurations[idOf(session.configuration) ?? ""]?.features.customer_update;
  return update?.enabled === true && update.allowed_updates.includes("email");
}

/** Gives the customer a card that works, and collects the open invoices at once. */
function changePaymentMethod(standIn: StandIn, customer: Stripe.Customer, number: string | null): void {
  const { state } = standIn;
  const owner = `${customer.email ?? customer.id} again`;
  const method = createPaymentMethod(standIn, { type: "card", owner, number, customer: customer.id });
  const { default_payment_method } = customer.invoice_settings;
  customer.invoice_settings.default_payment_method = method.id;
  state.declining_customers = state.declining_customers.filter((id) => id !== customer.id);
  state.cardless_customers = state.cardless_customers.filter((id) => id !== customer.id);
  emit(standIn, "customer.updated", customer, { invoice_settings: { default_payment_method } });
  for (const subscription of Object.values(state.subscriptions)) {
    if (subscription.customer !== customer.id || subscription.status === "canceled") continue;
    changeSubscription(standIn, subscription, (each) => {
      each.default_payment_method = method.id;
    });
  }
  for (const invoice of Object.values(state.invoices)) {
    if (invoice.customer !== customer.id || invoice.status !== "open" || !invoice.attempted) continue;
    collectInvoice(standIn, invoice, chargeOutcome(standIn, customer.id));
  }
}

function portalPage(standIn: StandIn, session: Stripe.BillingPortal.Session, error: string | null): string {
  const { state } = standIn;
  const customer = liveCustomer(standIn, session.customer);
  const mine = Object.values(state.subscriptions).filter((each) => each.customer === customer.id);
  const invoices = Object.values(state.invoices).filter(
    (each) => each.customer === customer.id && each.status !== "draft",
  );
  const declined = state.declining_customers.includes(customer.id);
  return page(
    "Billing",
    `<h1>Billing of <span id="customer-email">${escapeHtml(customer.email ?? customer.id)}</span></h1>
${error ? `<p class="error" id="error" role="alert">${escapeHtml(error)}</p>` : ""}
${mine.map((subscription) => subscriptionSection(standIn, subscription)).join("\n") || `<p id="no-subscriptions">No subscriptions.</p>`}
${
  mayChangeAddress(standIn, session)
    ? `<section><form method="post"><label for="email">Email</label><input id="email" name="email" type="email" value="${escapeHtml(customer.email ?? "")}">
<button id="update-email" name="action" value="email">Change the address</button></form></section>`
    : ""
}
<section><form method="post"><p>Card: <span id="card">${declined ? "is being declined" : "•••• 4242"}</span></p>
<label for="card">Card number</label><input id="card" name="card" placeholder="A card of your own">
<button id="update-payment-method" name="action" value="payment_method">Use a card that works</button></form></section>
<section><h1>Invoices</h1><table id="invoices">${invoices.toReversed().map(invoiceRow).join("")}</table></section>
${session.return_url ? `<p><a id="back" href="${escapeHtml(session.return_url)}">Back</a></p>` : ""}`,
  );
}

const invoiceRow = (invoice: Stripe.Invoice): string =>
  `<tr><td>${escapeHtml(invoice.number ?? invoice.id)} (${invoice.status})</td><td>${formatAmount(invoice.total, invoice.currency)}</td></tr>`;

function subscriptionSection({ state }: StandIn, subscription: Stripe.Subscription): string {
  const [item] = subscription.items.data;
  if (!item) return "";
  const productOf = (price: Stripe.Price): string =>
    escapeHtml((typeof price.product === "string" ? state.products[price.product]?.name : null) ?? price.id);
  const until = new Date(currentPeriodEnd(subscription) * 1000).toISOString().slice(0, 10);
  const head = `<section class="subscription" data-subscription="${subscription.id}">
<p><strong>${productOf(item.price)}</strong>: <span class="status">${subscription.status}</span>, ${item.quantity} machines, ${
    subscription.cancel_at_period_end ? "ends" : "renews"
  } on ${until}</p>`;
  if (subscription.status === "canceled") return `${head}</section>`;
  const others = Object.values(state.prices).filter(
    (price) =>
      price.active &&
      price.type === "recurring" &&
      price.currency === subscription.currency &&
      price.id !== item.price.id,
  );
  const options = others.map((price) => `<option value="${price.id}">${productOf(price)}</option>`);
  return `${head}
<form method="post"><input type="hidden" name="subscription" value="${subscription.id}">
<label>Machines <input id="quantity" name="quantity" type="number" min="1" value="${item.quantity}"></label>
<button id="update-quantity" name="action" value="quantity">Change the number of machines</button>
${options.length > 0 ? `<label>Plan <select id="price" name="price">${options.join("")}</select></label><button id="switch-plan" name="action" value="plan">Switch plan</button>` : ""}
${
  subscription.cancel_at_period_end
    ? `<button class="primary" id="resume" name="action" value="resume">Don't cancel</button>`
    : `<button id="cancel" name="action" value="cancel">Cancel at the end of the period</button>`
}
</form></section>`;
}
