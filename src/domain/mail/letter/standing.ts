import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import { isTrialPlan, planName } from "../../licensing/plans.ts";
import type { LetterFacts, Writer } from "../letters.ts";
import { accountLink, dayOf, machinesInWords, numberIn, standingBlocks, textIn } from "./parts.ts";

/** The letters about a license's standing, apart from those about payments. */
export const STANDING_LETTERS = {
  license_suspended: (facts) => ({
    subject: "Your rbee license is on hold",
    blocks: standingBlocks(facts, `Your license for ${facts.plan} does not work at the moment.`),
  }),
  license_resumed: (facts) => ({
    subject: "Your rbee license works again",
    blocks: standingBlocks(
      facts,
      textIn(facts.data, "cause") === "paid"
        ? `Thank you. Your payment for ${facts.plan} went through.`
        : `Your license for ${facts.plan} works again. Your machines and your key are as before.`,
    ),
  }),
  license_cancelled: (facts) => ({
    subject: `Your rbee ${subscriptionOf(facts)} is canceled`,
    blocks: standingBlocks(facts, `You canceled ${facts.plan}. Nothing more is charged.`),
  }),
  license_uncancelled: (facts) => ({
    subject: `Your rbee ${subscriptionOf(facts)} continues`,
    blocks: standingBlocks(facts, `The cancellation of ${facts.plan} is undone.`),
  }),
  license_expiring: (facts) => ({
    subject: `Your rbee ${nounOf(facts)} ends ${dayIn(facts, "until")}`,
    blocks: [
      `Your ${nounOf(facts)} for ${facts.plan} ends ${dayIn(facts, "until")}. Until then everything works as before. ` +
        "After that, your machines get no new premium downloads. Installed workers keep running.",
      { link: facts.purchaseUrl, label: "Plans and prices" },
    ],
  }),
  license_ended: (facts) => ({
    subject: `Your rbee ${nounOf(facts)} has ended`,
    blocks: standingBlocks(facts, `Your ${nounOf(facts)} for ${facts.plan} has ended.`),
  }),
  license_revoked: (facts) => ({
    subject: "Your rbee license was revoked",
    blocks: standingBlocks(
      facts,
      textIn(facts.data, "cause") === "refund"
        ? `We ended your license for ${facts.plan}, and are refunding its last payment.`
        : `Your license for ${facts.plan} no longer works.`,
    ),
  }),
  license_reinstated: (facts) => ({
    subject: "Your rbee license works again",
    blocks: standingBlocks(
      facts,
      ...(textIn(facts.data, "cause") === "refunded" ? ["The refund of your payment did not go through."] : []),
      `Your license for ${facts.plan} is back. Your machines and your key are as before.`,
    ),
  }),
  machine_limit_changed: (facts) => ({
    subject: `Your rbee license now covers ${machinesIn(facts, "to")}`,
    blocks: [
      `Your license for ${facts.plan} now covers ${machinesIn(facts, "to")}, instead of ${machinesIn(facts, "from")}.`,
      ...((numberIn(facts.data, "to") ?? 0) < (numberIn(facts.data, "from") ?? 0)
        ? [
            "Machines that are active now stay active. A new machine needs a free seat: you can free one in your account.",
          ]
        : ["Activate the new machines with the same key."]),
      accountLink(facts, "Your account: machines and billing"),
    ],
  }),
  plan_changed: (facts) => ({
    subject: `Your rbee license is now ${planName(textIn(facts.data, "to") ?? "")}`,
    blocks: standingBlocks(
      facts,
      `Your license changed from ${planName(textIn(facts.data, "from") ?? "")} to ${planName(textIn(facts.data, "to") ?? "")}. ` +
        "Your key and your machines stay the same." +
        (facts.license === null ? "" : ` It covers ${machinesInWords(facts.license.machine_limit)}.`),
    ),
  }),
  end_changed: (facts) => ({
    subject:
      numberIn(facts.data, "until") === null
        ? "Your rbee license no longer ends"
        : `Your rbee ${nounOf(facts)} now ends ${dayIn(facts, "until")}`,
    blocks: standingBlocks(facts, `The end of your ${nounOf(facts)} for ${facts.plan} has changed.`),
  }),
  address_changed: (facts) => ({
    subject: "Your rbee license has a new email address",
    blocks: [
      `The email address of a license for ${facts.plan} has changed from this one to another. Its key was replaced, and this ` +
        "address gets no more emails about it.",
      `You didn't ask for this? Write to ${facts.seller.support} at once.`,
    ],
  }),
} as const satisfies Partial<Record<MailKind, Writer>>;

/** The license in one noun: a trial is called a trial. */
const nounOf = ({ license, data }: LetterFacts): string =>
  (license !== null && isTrialPlan(license.plan)) || textIn(data, "cause") === "trial" || data["phase"] === "trial"
    ? "trial"
    : "license";

const subscriptionOf = ({ data }: LetterFacts): string => (data["phase"] === "trial" ? "trial" : "subscription");

const dayIn = ({ data }: LetterFacts, name: string): string => {
  const day = numberIn(data, name);
  return day === null ? "soon" : `on ${dayOf(day)}`;
};

const machinesIn = ({ data }: LetterFacts, name: string): string => machinesInWords(numberIn(data, name) ?? 0);
