import type Stripe from "stripe";
import { find } from "../api-error.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, pageOf, paging, text } from "../http/parameters.ts";
import { liveCustomer } from "../objects/customer.ts";

/** The calls for payment methods. */
export const paymentMethodCalls: ApiCall[] = [
  call("GET", "/v1/payment_methods/:id", accept<Stripe.PaymentMethodRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.payment_methods, "PaymentMethod", id),
  ),
  call(
    "GET",
    "/v1/customers/:id/payment_methods",
    accept<Stripe.CustomerListPaymentMethodsParams>()({ ...paging, type: text.optional() }),
    (standIn, { type, ...page }, id) => {
      const customer = liveCustomer(standIn, id).id;
      const wanted = Object.values(standIn.state.payment_methods).filter(
        (each) => each.customer === customer && (type === undefined || each.type === type),
      );
      return pageOf(wanted, page, `/v1/customers/${customer}/payment_methods`);
    },
  ),
];
