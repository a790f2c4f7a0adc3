import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { difference } from "../billing/subscription-status.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, group, inRange, integer, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import { createPrice, createProduct, setCurrencyOptions, takeLookupKey } from "../objects/catalog.ts";
import { emit } from "../stand-in.ts";
import { snapshot } from "../state.ts";

const productFields = {
  name: text.optional(),
  description: text.optional(),
  active: boolean.optional(),
  metadata: metadata.optional(),
  tax_code: text.optional(),
  unit_label: text.optional(),
  url: text.optional(),
};

/** Merges metadata like the API: a name that is not sent stays, and an empty value deletes its name. */
export function mergeMetadata(old: Stripe.Metadata, sent: Stripe.Metadata | undefined): Stripe.Metadata {
  return Object.fromEntries(Object.entries({ ...old, ...sent }).filter(([, value]) => value !== ""));
}

const currencyOptions = z.record(
  z.string().regex(/^[a-z]{3}$/),
  group({ unit_amount: integer, tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional() }),
);

const oneOrMany = z.array(text).max(10);

/** The calls for products and prices. */
export const catalogCalls: ApiCall[] = [
  call(
    "POST",
    "/v1/products",
    accept<Stripe.ProductCreateParams>()({ ...productFields, id: text.optional(), name: text }),
    (standIn, input) => {
      if (input.id && Object.hasOwn(standIn.state.products, input.id)) {
        throw refused("Product already exists.", "resource_already_exists", "id");
      }
      return createProduct(standIn, input);
    },
  ),
  call(
    "GET",
    "/v1/products",
    accept<Stripe.ProductListParams>()({
      ...paging,
      active: boolean.optional(),
      ids: z.array(text).optional(),
      created: range.optional(),
    }),
    ({ state }, { active, ids, created, ...page }) => {
      const wanted = Object.values(state.products).filter(
        (product) =>
          (active === undefined || product.active === active) &&
          (ids === undefined || ids.includes(product.id)) &&
          inRange(product.created, created),
      );
      return pageOf(wanted, page, "/v1/products");
    },
  ),
  call("GET", "/v1/products/:id", accept<Stripe.ProductRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.products, "product", id),
  ),
  call(
    "POST",
    "/v1/products/:id",
    accept<Stripe.ProductUpdateParams>()({ ...productFields, default_price: text.optional() }),
    (standIn, input, id) => {
      const product = find(standIn.state.products, "product", id);
      const before = snapshot(product);
      product.name = input.name ?? product.name;
      product.description = input.description ?? product.description;
      product.active = input.active ?? product.active;
      product.metadata = mergeMetadata(product.metadata, input.metadata);
      product.tax_code = input.tax_code ?? product.tax_code ?? null;
      product.unit_label = input.unit_label ?? product.unit_label ?? null;
      product.url = input.url ?? product.url;
      if (input.default_price) {
        product.default_price = find(standIn.state.prices, "price", input.default_price, "default_price").id;
      }
      product.updated = standIn.now();
      emit(standIn, "product.updated", product, difference(before, product));
      return product;
    },
  ),
  call(
    "POST",
    "/v1/prices",
    accept<Stripe.PriceCreateParams>()({
      product: text,
      currency: z.string().regex(/^[a-z]{3}$/),
      unit_amount: integer,
      active: boolean.optional(),
      lookup_key: z.string().max(200).optional(),
      transfer_lookup_key: boolean.optional(),
      nickname: text.optional(),
      metadata: metadata.optional(),
      tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
      billing_scheme: z.literal("per_unit").optional(),
      recurring: group({
        interval: z.enum(["day", "week", "month", "year"]),
        interval_count: integer.optional(),
        usage_type: z.literal("licensed").optional(),
      }).optional(),
      currency_options: currencyOptions.optional(),
      transform_quantity: group({ divide_by: integer, round: z.enum(["up", "down"]) }).optional(),
    }),
    (standIn, input) => {
      find(standIn.state.products, "product", input.product, "product");
      return createPrice(standIn, input);
    },
  ),
  call(
    "GET",
    "/v1/prices",
    accept<Stripe.PriceListParams>()({
      ...paging,
      active: boolean.optional(),
      product: text.optional(),
      currency: text.optional(),
      type: z.enum(["one_time", "recurring"]).optional(),
      lookup_keys: oneOrMany.optional(),
      created: range.optional(),
    }),
    ({ state }, { active, product, currency, type, lookup_keys, created, ...page }) => {
      const wanted = Object.values(state.prices).filter(
        (price) =>
          (active === undefined || price.active === active) &&
          (product === undefined || price.product === product) &&
          (currency === undefined || price.currency === currency) &&
          (type === undefined || price.type === type) &&
          (lookup_keys === undefined || lookup_keys.includes(price.lookup_key ?? "")) &&
          inRange(price.created, created),
      );
      return pageOf(wanted, page, "/v1/prices");
    },
  ),
  call("GET", "/v1/prices/:id", accept<Stripe.PriceRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.prices, "price", id),
  ),
  call(
    "POST",
    "/v1/prices/:id",
    accept<Stripe.PriceUpdateParams>()({
      active: boolean.optional(),
      lookup_key: z.string().max(200).optional(),
      transfer_lookup_key: boolean.optional(),
      nickname: text.optional(),
      metadata: metadata.optional(),
      tax_behavior: z.enum(["exclusive", "inclusive"]).optional(),
      currency_options: currencyOptions.optional(),
    }),
    (standIn, input, id) => {
      const price = find(standIn.state.prices, "price", id);
      const before = snapshot(price);
      if (input.lookup_key && input.lookup_key !== price.lookup_key) {
        takeLookupKey(standIn, input.lookup_key, input.transfer_lookup_key ?? false);
      }
      if (input.lookup_key !== undefined) price.lookup_key = input.lookup_key || null;
      if (input.currency_options) setCurrencyOptions(standIn, price, input.currency_options);
      price.active = input.active ?? price.active;
      price.nickname = input.nickname ?? price.nickname;
      price.tax_behavior = input.tax_behavior ?? price.tax_behavior;
      price.metadata = mergeMetadata(price.metadata, input.metadata);
      emit(standIn, "price.updated", price, difference(before, price));
      return price;
    },
  ),
];
