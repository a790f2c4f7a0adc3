import { priceInWords } from "../../../lib/money.ts";
import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import type { LicenseRow } from "../../licensing/license/record.ts";
import type { LetterFacts, Writer } from "../letters.ts";
import type { Block } from "../render.ts";
import { amountIn, billingLink, dayOf, machinesInWords, numberIn, standingBlocks, textIn } from "./parts.ts";

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
      `We could not collect the payment for ${facts.plan}, and will try again. Please update your payment method. ` +
        "Your bank may also ask you to confirm the payment.",
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
      ...invoice(facts),
    ),
  }),
  license_refunded: (facts) => ({
    subject: "Your payment for rbee was refunded",
    blocks: standingBlocks(
      facts,
      `We refunded ${amountIn(facts.data, "") || "your payment"} for ${facts.plan}. Banks take five to ten business days to show it.`,
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

/** The invoice of a payment, at Stripe. */
const invoice = ({ data }: LetterFacts): Block[] => {
  const link = textIn(data, "invoice_url");
  return link === null ? [] : [{ link, label: "Invoice" }];
};

/** The price after a trial, as a sentence. Stripe adds tax. */
function price({ license, plan }: LetterFacts): string[] {
  const start = `Thank you for trying ${plan}.`;
  if (license === null || license.price_amount === null || license.price_currency === null) return [start];
  const { price_amount: amount, price_currency: currency, price_interval: interval } = license;
  const cost = priceInWords({ amount, currency, interval });
  return [`${start} After the trial it costs ${cost}, plus tax where it applies.`, ...capped(license)];
}

/** The machines of a trial, if it covers fewer than are paid for after it. */
const capped = ({ machine_limit, machine_limit_paid }: LicenseRow): string[] =>
  machine_limit_paid === null || machine_limit_paid <= machine_limit
    ? []
    : [
        `During the trial it covers ${machinesInWords(machine_limit)}, and ${machine_limit_paid} after the first payment.`,
      ];

const onDay = ({ data }: LetterFacts, name: string): string => {
  const day = numberIn(data, name);
  return day === null ? "soon" : `on ${dayOf(day)}`;
};
