import { refused } from "../api-error.ts";
import type { State } from "../state.ts";
import { wholeList } from "./parameters.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

/** The value as JSON on the wire: decimals become text, and undefined values disappear. */
export const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null));

/** Throws if the caller may not read this kind of object. */
type MayExpand = (kind: string) => void;

/**
 * Replaces ids by their objects along each path (`payment_intent.latest_charge`). Throws `ApiError` for an invalid
 * path, and when the caller may not read an object.
 */
export function expandPaths(state: State, value: Json, paths: readonly string[], mayExpand: MayExpand): Json {
  for (const path of paths) {
    const keys = path.split(".");
    if (keys.length - (keys[0] === "data" ? 1 : 0) > 4) throw refused(`You cannot expand more than 4 levels: ${path}`);
    expandAt(state, value, keys, path, mayExpand);
  }
  return value;
}

function expandAt(state: State, node: Json, keys: readonly string[], path: string, mayExpand: MayExpand): void {
  const [key, ...rest] = keys;
  if (key === undefined || node === null) return;
  if (Array.isArray(node)) {
    for (const each of node) expandAt(state, each, keys, path, mayExpand);
    return;
  }
  if (typeof node !== "object") throw cannotExpand(path);
  const value = node[key] ?? included(state, node, key);
  if (value === undefined) throw cannotExpand(path);
  const resolve = (each: Json): Json => {
    const found = typeof each === "string" ? objectById(state, each) : each;
    if (found === undefined) throw cannotExpand(path);
    if (typeof each !== "string") return each;
    mayExpand(kindOf(found));
    return toJson(found);
  };
  node[key] = Array.isArray(value) ? value.map(resolve) : resolve(value);
  expandAt(state, node[key], rest, path, mayExpand);
}

const kindOf = (found: object | Json): string =>
  typeof found === "object" && found !== null ? String(Reflect.get(found, "object")) : "";

const cannotExpand = (path: string) => refused(`This property cannot be expanded (${path}).`, undefined, "expand");

/** The value of a field that Stripe includes only on request. */
function included(state: State, node: JsonObject, key: string): Json | undefined {
  const id = node["id"];
  if (typeof id !== "string") return node[key];
  const list = (items: unknown[], url: string): Json => toJson(wholeList(items, url));
  switch (`${String(node["object"])}.${key}`) {
    case "checkout.session.line_items":
      return list(state.line_items[id] ?? [], `/v1/checkout/sessions/${id}/line_items`);
    case "charge.refunds":
      return list(
        Object.values(state.refunds)
          .filter((refund) => refund.charge === id)
          .toReversed(),
        `/v1/charges/${id}/refunds`,
      );
    case "invoice.payments":
      return list(
        Object.values(state.invoice_payments).filter((each) => each.invoice === id),
        "/v1/invoice_payments",
      );
    case "price.currency_options":
      return toJson(state.currency_options[id] ?? {});
    case "invoice.amount_paid_off_stripe":
      return Object.values(state.invoice_payments)
        .filter((each) => each.invoice === id && each.payment.type === "payment_record")
        .reduce((sum, each) => sum + (each.amount_paid ?? 0), 0);
    case "customer.subscriptions":
      return list(
        Object.values(state.subscriptions).filter((each) => each.customer === id),
        "/v1/subscriptions",
      );
    default:
      return node[key];
  }
}

function objectById(state: State, id: string): object | undefined {
  const tables: Record<string, object>[] = [
    state.products,
    state.prices,
    state.coupons,
    state.promotion_codes,
    state.discounts,
    state.customers,
    state.subscriptions,
    state.invoices,
    state.payment_intents,
    state.charges,
    state.payment_methods,
    state.refunds,
    state.credit_notes,
    state.portal_configurations,
  ];
  return tables.find((table) => Object.hasOwn(table, id))?.[id];
}
