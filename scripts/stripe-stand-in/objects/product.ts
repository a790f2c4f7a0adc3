import type Stripe from "stripe";
import { emit, type StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

export type NewProduct = {
  id?: string | undefined;
  name: string;
  description?: string | undefined;
  active?: boolean | undefined;
  metadata?: Stripe.Metadata | undefined;
  tax_code?: string | undefined;
  unit_label?: string | undefined;
  url?: string | undefined;
};

/** Creates a product, with its event. */
export function createProduct(standIn: StandIn, input: NewProduct): Stripe.Product {
  const created = standIn.now();
  const product: Stripe.Product = {
    id: input.id ?? newId("prod", 14),
    object: "product",
    active: input.active ?? true,
    created,
    default_price: null,
    description: input.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: input.metadata ?? {},
    name: input.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: input.tax_code ?? null,
    tax_details: null,
    type: "service",
    unit_label: input.unit_label ?? null,
    updated: created,
    url: input.url ?? null,
  };
  standIn.state.products[product.id] = product;
  emit(standIn, "product.created", product);
  return product;
}
