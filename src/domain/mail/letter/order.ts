import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import type { LetterFacts, Writer } from "../letters.ts";
import { amountIn, textIn } from "./parts.ts";

/** The letters about an order or an account, which name no license. */
export const ORDER_LETTERS = {
  payment_not_completed: (facts) => ({
    subject: "Your payment for rbee did not come through",
    blocks: [
      `Your payment for ${facts.plan} was not completed, so nothing was charged and no license was issued.`,
      { link: facts.purchaseUrl, label: "Try again, or pay another way" },
    ],
  }),
  order_held: (facts) => ({
    subject: "We have your payment for rbee and are checking your order",
    blocks: [
      `We received your payment${amountIn(facts.data, " of ")} for ${facts.plan}, but could not issue the license automatically. ` +
        "Nothing is lost: we have been alerted, and will send your license key or refund the payment.",
      "You don't need to do anything. Please don't pay again.",
      ...order(facts),
    ],
  }),
  order_solved: (facts) =>
    textIn(facts.data, "outcome") === "refund"
      ? {
          subject: "Your order at rbee is refunded",
          blocks: [
            `We could not issue a license for your order of ${facts.plan}, and refunded your payment${amountIn(facts.data, " of ")}. ` +
              "Banks take five to ten business days to show it.",
            ...order(facts),
            { link: facts.purchaseUrl, label: "Plans and prices" },
          ],
        }
      : {
          subject: "Your order at rbee is complete",
          blocks: [
            `Thank you for waiting. Your license for ${facts.plan} is issued. Its key is in another email to this address.`,
            ...order(facts),
            { link: facts.accountUrl, label: "Your account: keys, machines and invoices" },
          ],
        },
  recovery_link: (facts) => ({
    subject: "Your link to your rbee account",
    blocks: [
      "Someone asked to sign in to your rbee account, which shows your license keys. This link works once, within 30 minutes:",
      ...(facts.recoveryUrl === null ? [] : [{ link: facts.recoveryUrl, label: "Sign in to my account" }]),
      "Not you? Ignore this email. Only its reader can use the link.",
    ],
  }),
} as const satisfies Partial<Record<MailKind, Writer>>;

/** The id that support finds the order by. */
const order = ({ data }: LetterFacts): string[] => {
  const id = textIn(data, "order");
  return id === null ? [] : [`Order: ${id}`];
};
