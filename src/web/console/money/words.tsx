import type { OrderView } from "../../../domain/money/view.ts";
import { ORDER_KIND_WORDS, orderStateInWords } from "../../../domain/money/words.ts";
import { formatAmount } from "../../../lib/money.ts";
import { type Child, type FC, pathWithQuery, StatusBadge, type Tone } from "../../page/kit.ts";
import { stripeLink } from "../license/words.tsx";

const TONES: Partial<Record<OrderView["state"], Tone>> = {
  ...{ paid: "good", paid_outside: "good", won: "good", succeeded: "plain" },
  ...{ open: "careful", pending: "careful", inquiry: "careful" },
  ...{ held: "bad", uncollectible: "bad", failed: "bad", disputed: "bad", lost: "bad" },
};

type Shown = Pick<OrderView, "id" | "kind" | "state" | "livemode" | "invoice_number">;

/** The state of a payment, colored. */
export const PaymentState: FC<{ of: Shown }> = ({ of }) => (
  <StatusBadge tone={TONES[of.state] ?? "plain"} text={orderStateInWords(of)} />
);

/** The address of the list of orders with this one alone. */
export const orderPath = (id: string): string => pathWithQuery("/admin/orders", { q: id });

/** The kind of a payment, with the number of its invoice. */
export const paymentText = ({ kind, invoice_number }: Pick<Shown, "kind" | "invoice_number">): string =>
  invoice_number === null ? ORDER_KIND_WORDS[kind] : `${ORDER_KIND_WORDS[kind]} ${invoice_number}`;

/** The kind of a payment, with its number, as a link to Stripe's dashboard. */
export const PaymentName: FC<{ of: Shown }> = ({ of }) =>
  of.kind === "checkout" ? (
    <span>{ORDER_KIND_WORDS[of.kind]}</span>
  ) : (
    <a href={stripeLink(of.id, of.livemode)}>{paymentText(of)}</a>
  );

/** The total of a payment; money that goes back has a minus. */
export function totalText({ kind, total, currency }: Pick<OrderView, "kind" | "total" | "currency">): Child {
  if (total === null || currency === null) return "–";
  const goesBack = kind === "refund" || kind === "dispute" || kind === "credit_note";
  return formatAmount(goesBack ? 0 - total : total, currency);
}
