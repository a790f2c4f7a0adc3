import { formatAmount } from "../../../lib/money.ts";
import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import type { LetterFacts, Writer } from "../letters.ts";
import { amountIn, billingLink, dayOf, numberIn, standingBlocks, textIn } from "./parts.ts";

/** The letters about payments. */
export const PAYMENT_LETTERS = {
  trial_started: (facts) => ({
    subject: `Your free trial of rbee ${facts.plan} has started`,
    blocks: standingBlocks(facts, ...price(facts)),
  }),
  trial_ending: (facts) => ({
    subject: `Your rbee trial ends ${onDay(facts, "until")}`,
    blocks: standingBlocks(facts, `Your free trial of ${facts.plan} is almost over.`),
  }),
  payment_failed: (facts) => ({
    subject: "Your payment for rbee failed",
    blocks: standingBlocks(
      facts,
      `We could not collect the payment for ${facts.plan}. We will try again. Please check that your payment method is still valid.`,
    ),
  }),
  payment_action_required: (facts) => ({
    subject: "Please confirm your payment for rbee",
    blocks: [
      `Your bank asks you to confirm the payment${amountIn(facts.data, " of ")} for ${facts.plan}. It is made once you confirm it.`,
      "Open your account, and pay the open invoice under invoices and billing. Your bank then asks you to confirm.",
      billingLink(facts),
    ],
  }),
  renewed: (facts) => ({
    subject: `Payment received for rbee ${facts.plan}`,
    blocks: standingBlocks(
      facts,
      `Thank you. We received your payment${amountIn(facts.data, " of ")} for ${facts.plan}.` +
        (facts.data["first"] === 1 ? " Your free trial has become a paid subscription." : ""),
    ),
  }),
  license_refunded: (facts) => ({
    subject: "Your payment for rbee was refunded",
    blocks:
      textIn(facts.data, "cause") === "ended"
        ? standingBlocks(facts, `We refunded your payment${amountIn(facts.data, " of ")} for ${facts.plan}. ${ARRIVES}`)
        : standingBlocks(
            facts,
            `We refunded ${amountIn(facts.data, "") || "a part of your payment"} for ${facts.plan}. ${ARRIVES}`,
          ),
  }),
  license_disputed: (facts) => ({
    subject: "Your rbee license is on hold: disputed payment",
    blocks: standingBlocks(facts, `Your bank told us that the payment for ${facts.plan} is disputed.`),
  }),
  license_dispute_won: (facts) => ({
    subject: "Your rbee license works again",
    blocks: standingBlocks(
      facts,
      `The dispute of your payment for ${facts.plan} is over, and your license works again.`,
    ),
  }),
} as const satisfies Partial<Record<MailKind, Writer>>;

/** How long banks take, by Stripe (docs.stripe.com/refunds). */
const ARRIVES = "Banks take five to ten business days to show it.";

/** The price after a trial, as a sentence. Stripe adds tax. */
function price({ license, plan }: LetterFacts): string[] {
  const start = `Thank you for trying ${plan}.`;
  if (license === null || license.price_amount === null || license.price_currency === null) return [start];
  const each = license.price_interval === null ? "" : ` a ${license.price_interval}`;
  const cost = `${formatAmount(license.price_amount, license.price_currency)}${each}`;
  return [`${start} After the trial it costs ${cost}, plus tax where it applies.`];
}

const onDay = ({ data }: LetterFacts, name: string): string => {
  const day = numberIn(data, name);
  return day === null ? "soon" : `on ${dayOf(day)}`;
};
