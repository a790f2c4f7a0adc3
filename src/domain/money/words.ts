import type { OrderView } from "./view.ts";

/** The name of each kind of order. */
export const ORDER_KIND_WORDS: Record<OrderView["kind"], string> = {
  purchase: "Purchase",
  renewal: "Renewal",
  trial: "Trial",
  update: "Change",
  refund: "Refund",
  dispute: "Dispute",
  credit_note: "Credit note",
  checkout: "Checkout",
};

/** The name of each state of an order. */
export const ORDER_STATE_WORDS: Record<OrderView["state"], string> = {
  open: "not paid yet",
  paid: "paid",
  paid_outside: "paid outside Stripe",
  uncollectible: "given up",
  void: "withdrawn",
  held: "held: no license",
  pending: "on its way",
  succeeded: "paid back",
  failed: "failed",
  canceled: "canceled",
  inquiry: "inquiry",
  disputed: "disputed",
  won: "won",
  lost: "lost",
  issued: "issued",
};

/** The name of an order's state. That of a trial says that nothing was paid for it. */
export const orderStateInWords = ({ kind, state }: Pick<OrderView, "kind" | "state">): string =>
  kind === "trial" && state === "paid" ? "free" : ORDER_STATE_WORDS[state];
