import type Stripe from "stripe";
import { formatAmount, perInterval } from "../../../src/lib/money.ts";
import { ApiError } from "../api-error.ts";
import { pay, sessionById } from "../billing/checkout.ts";
import type { StandIn } from "../stand-in.ts";
import { escapeHtml, type PageAnswer, page } from "./html.ts";

/** `GET /c/pay/<session>`: the page at `session.url`. */
export function showPayPage(standIn: StandIn, id: string): PageAnswer {
  const session = sessionById(standIn, id);
  if (session.status !== "open") {
    return {
      status: 410,
      html: page("Checkout", `<h1 id="closed">This checkout session is ${session.status}.</h1>${backLink(session)}`),
    };
  }
  return { status: 200, html: payPage(standIn, session, "", null) };
}

/** `POST /c/pay/<session>`: handles a button of the page, `action=pay|decline|delayed`. */
export async function submitPayPage(standIn: StandIn, id: string, form: URLSearchParams): Promise<PageAnswer> {
  const session = sessionById(standIn, id);
  const email = (form.get("email") ?? session.customer_email ?? "").trim();
  const action = form.get("action") ?? "pay";
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) {
    return { status: 422, html: payPage(standIn, session, email, "Your email is invalid.") };
  }
  if (asksConsent(session)) {
    if (form.get("terms") !== "yes") {
      return { status: 422, html: payPage(standIn, session, email, "Please accept the terms of service.") };
    }
    session.consent = { promotions: null, terms_of_service: "accepted" };
  }
  try {
    const quantity = Number.parseInt(form.get("quantity") ?? "", 10);
    pay(standIn, session, {
      email,
      name: form.get("name")?.trim() || null,
      promotionCode: form.get("promotion_code")?.trim() || null,
      quantity: Number.isNaN(quantity) ? null : quantity,
      card: form.get("card")?.trim() || null,
      currency: form.get("currency")?.trim() || null,
      method: action === "delayed" ? "delayed" : action === "decline" ? "bad_card" : "card",
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (session.status !== "open") return showPayPage(standIn, id);
    await standIn.deliveries.settled();
    return { status: 402, html: payPage(standIn, session, email, error.message) };
  }
  // Stripe too waits some seconds for the webhook endpoint before it redirects the buyer.
  await standIn.deliveries.settled();
  return { status: 303, location: (session.success_url ?? "").replaceAll("{CHECKOUT_SESSION_ID}", session.id) };
}

function payPage(standIn: StandIn, session: Stripe.Checkout.Session, email: string, error: string | null): string {
  const items = standIn.state.line_items[session.id] ?? [];
  const trial = standIn.state.checkout_inputs[session.id]?.trial_period_days;
  const currency = session.currency ?? "usd";
  const due = formatAmount(session.amount_total ?? 0, currency);
  const adjustable = items.find((item) => item.adjustable_quantity !== null);
  const rows = items.map(
    (item) =>
      `<tr><td>${escapeHtml(item.description ?? "")} × ${item.quantity}</td><td>${formatAmount(item.amount_subtotal, item.currency)}</td></tr>`,
  );
  const currencies = currenciesOf(standIn, items);
  const option = (each: string): string =>
    `<option value="${each}"${each === currency ? " selected" : ""}>${each.toUpperCase()}</option>`;
  const value = escapeHtml(email || session.customer_email || "");
  return page(
    `Pay ${due}`,
    `<h1>${session.mode === "subscription" ? "Subscribe" : "Pay"}</h1>
<table>${rows.join("")}<tr><td><strong>Due today</strong></td><td><strong id="amount">${due}</strong></td></tr></table>
${
  trial
    ? `<p id="trial">${trial} days free, then ${formatAmount(
        items.reduce((sum, item) => sum + item.amount_subtotal, 0),
        currency,
      )}${perInterval(items[0]?.price?.recurring?.interval ?? null)}.</p>`
    : ""
}
${error ? `<p class="error" id="error" role="alert">${escapeHtml(error)}</p>` : ""}
<form method="post" id="payment-form">
<label for="email">Email</label><input id="email" name="email" type="email" required value="${value}"${session.customer_email ? " readonly" : ""}>
<label for="name">Name on card</label><input id="name" name="name" autocomplete="name">
<label for="card">Card number</label><input id="card" name="card" autocomplete="cc-number" placeholder="A card of your own">
${currencies.length > 1 ? `<label for="currency">Currency</label><select id="currency" name="currency">${currencies.map(option).join("")}</select>` : ""}
${adjustable ? `<label for="quantity">Quantity</label><input id="quantity" name="quantity" type="number" min="${adjustable.adjustable_quantity?.minimum ?? 1}" max="${adjustable.adjustable_quantity?.maximum ?? 99}" value="${adjustable.quantity}">` : ""}
${session.allow_promotion_codes ? `<label for="promotion_code">Promotion code</label><input id="promotion_code" name="promotion_code" placeholder="RBEE20">` : ""}
${session.custom_text.submit ? `<p id="submit-text">${escapeHtml(session.custom_text.submit.message)}</p>` : ""}
${asksConsent(session) ? `<label><input id="terms" name="terms" type="checkbox" value="yes" style="width:auto"> I agree to the terms of service</label>` : ""}
<button class="primary" id="pay" name="action" value="pay">${trial ? "Start trial" : `Pay ${due}`}</button>
<button id="pay-delayed" name="action" value="delayed">Pay by bank debit (takes days)</button>
<button id="decline" name="action" value="decline">Pay with a card that is declined</button>
</form>
${backLink(session)}`,
  );
}

const asksConsent = ({ consent_collection }: Stripe.Checkout.Session): boolean =>
  consent_collection?.terms_of_service === "required";

/** The currencies in which all lines are sold. */
function currenciesOf({ state }: StandIn, items: readonly Stripe.LineItem[]): string[] {
  const [first, ...rest] = items.map(({ price }) => Object.keys(state.currency_options[price?.id ?? ""] ?? {}));
  return (first ?? []).filter((currency) => rest.every((each) => each.includes(currency))).sort();
}

const backLink = (session: Stripe.Checkout.Session): string =>
  session.cancel_url ? `<p><a id="cancel" href="${escapeHtml(session.cancel_url)}">Leave without paying</a></p>` : "";
