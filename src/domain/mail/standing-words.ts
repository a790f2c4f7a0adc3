import { formatAmount } from "../../lib/money.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type Phase, phaseOf } from "../licensing/license/phase.ts";
import { type LicenseRow, type Standing, standingOf } from "../licensing/license/record.ts";
import { isTrialPlan } from "../licensing/plans.ts";

/** A part of a sentence: text, a day, or a place to go to, under the text that a link to it has. */
export type Part = string | { day: UnixSeconds } | { to: "billing" | "plans" | "support"; text: string };
export type Sentences = readonly Part[];

/** A license's standing for its owner: a label, a statement with its cause, and the next step if there is one. */
export type StandingWords = {
  label: string;
  tone: "good" | "careful" | "bad" | "plain";
  says: Sentences;
  todo: Sentences | null;
};

/** The license, with the phase that is told. `since`: when the phase began, if known; `until`: when it ends. */
export type StandingFacts = {
  license: LicenseRow;
  phase: Phase;
  since: UnixSeconds | null;
  until: UnixSeconds | null;
  /** Whether a renewal is late: the paid time is over, and Stripe has not confirmed the next payment yet. */
  isLate?: boolean;
  /** Whether an ended license was in a trial until then, and never charged. */
  wasTrial?: boolean;
  /** Whether renewing licenses have a grace period. Without it, only Stripe can tell a renewal from an end. */
  isGraceGiven: boolean;
};

/** The facts of a license's standing at `now`. */
export function standingFacts(
  license: LicenseRow,
  standing: Standing,
  now: UnixSeconds,
): Pick<StandingFacts, "license" | "phase" | "until" | "isLate"> {
  const phase = phaseOf(license, now);
  const isLate = phase === "active" && standing.status === "active" && standing.warning === "in_grace";
  return { license, phase, until: standing.status === "active" ? standing.ends_at : null, isLate };
}

/** The time until which a license works if nothing else happens; null: no end, or it does not work. */
export function worksUntil(license: LicenseRow, now: UnixSeconds): UnixSeconds | null {
  const standing = standingOf(license, now);
  return standing.status === "active" ? standing.ends_at : null;
}

const BILLING = { to: "billing", text: "invoices and billing" } as const;
const BUY: Sentences = [{ to: "plans", text: "Buy a new license" }];
const ASK: Sentences = ["Questions? ", { to: "support", text: "Write to us" }];
const MEANS = " It opens no new downloads. Installed workers keep running.";

/**
 * A license's standing in words, without an admin's reason. It is the only table of these words: the account's pages
 * and the mails use it.
 */
export function standingInWords(facts: StandingFacts): StandingWords {
  const { license, phase, since, until, wasTrial = false } = facts;
  const on = dated(" on ", since);
  const from = dated(" since ", since);
  const hold = (says: Sentences, todo: Sentences): StandingWords => ({
    label: "On hold",
    tone: "bad",
    says: [...says, MEANS],
    todo,
  });
  switch (phase) {
    case "trial":
      return trialInWords(facts);
    case "active":
      return activeInWords(facts);
    case "due":
      return {
        label: "Payment due",
        tone: "careful",
        says: ["The last payment failed. The license works until ", ...dayOrSoon(until), "."],
        todo: ["To keep it, pay under ", BILLING, "."],
      };
    case "unpaid":
      return hold(
        ["On hold", ...from, ", because the last payment failed."],
        ["To use it again, pay under ", BILLING, "."],
      );
    case "paused":
      return hold(
        ["On hold", ...from, ", because the subscription is paused. Nothing is charged while it is paused."],
        ["To use it again, resume the subscription under ", BILLING, "."],
      );
    case "suspended":
      return hold(["We put this license on hold", ...on, "."], ASK);
    case "disputed":
      return hold(
        ["On hold", ...from, ", because the payment for it is disputed at the bank."],
        [
          "It becomes active again if the dispute is decided in our favor. If the dispute is a mistake, withdraw it at your bank.",
        ],
      );
    case "ended":
      return { label: "Ended", tone: "plain", says: [...endedInWords(license, wasTrial, on), MEANS], todo: BUY };
    case "refunded":
      return ended(["This license ended", ...on, ", because we refunded its payment."]);
    case "dispute_lost":
      return ended([
        "This license ended",
        ...on,
        ", because the bank returned its payment to you.",
        ...billed(license),
      ]);
    case "revoked":
      return {
        label: "Revoked",
        tone: "bad",
        says: ["We revoked this license", ...on, ".", ...billed(license), MEANS],
        todo: ASK,
      };
  }
}

/** Whether a license that was taken back is still charged. Says nothing if it was paid once, or not at all. */
const billed = ({ subscription_state }: LicenseRow): Sentences =>
  subscription_state === "ended" ? [" Its subscription is canceled: nothing more is charged."] : [];

const ended = (says: Sentences): StandingWords => ({ label: "Ended", tone: "bad", says: [...says, MEANS], todo: BUY });

function endedInWords({ plan, subscription_state }: LicenseRow, wasTrial: boolean, on: Sentences): Sentences {
  if (wasTrial) return ["This free trial ended", ...on, ". Nothing was charged."];
  if (isTrialPlan(plan)) return ["This free trial ended", ...on, "."];
  return [subscription_state === "ended" ? "The subscription of this license ended" : "This license ended", ...on, "."];
}

function trialInWords({ license, until }: StandingFacts): StandingWords {
  const words = { label: "Trial", tone: "good" } as const;
  const { trial_ends_at, cancels_at, next_charge_at, next_charge_amount, price_currency } = license;
  if (trial_ends_at === null || license.subscription_state === "none") {
    const end: Sentences = until === null ? ["does not end"] : ["ends on ", { day: until }];
    return {
      ...words,
      says: ["This free trial ", ...end, ". Nothing is charged."],
      todo: ["Want to keep it? ", { to: "plans", text: "Buy a license" }],
    };
  }
  if (cancels_at !== null) {
    return {
      ...words,
      says: ["This trial is canceled: it works until ", { day: cancels_at }, ", and nothing is charged."],
      todo: ["Changed your mind? Undo the cancellation under ", BILLING, "."],
    };
  }
  if (license.collection_paused) {
    return {
      ...words,
      says: [
        "The free trial of this license ends on ",
        { day: trial_ends_at },
        ". Payments are paused, so nothing is charged then.",
      ],
      todo: null,
    };
  }
  const charge: Sentences =
    next_charge_amount === null || price_currency === null
      ? [" Then the first payment is due."]
      : [
          ` The first payment of ${formatAmount(next_charge_amount, price_currency)} is on `,
          { day: next_charge_at ?? trial_ends_at },
          ".",
        ];
  return {
    ...words,
    says: ["The free trial of this license ends on ", { day: trial_ends_at }, ".", ...charge],
    todo: ["If you cancel before that under ", BILLING, ", nothing is charged."],
  };
}

function activeInWords({ license, until, isLate = false, isGraceGiven }: StandingFacts): StandingWords {
  const { subscription_state, expires_at, grace_seconds, cancels_at, next_charge_amount, price_currency } = license;
  if (isLate && until !== null) {
    return {
      label: "Payment due",
      tone: "careful",
      says: ["The renewal is not confirmed yet. The license works until ", { day: until }, "."],
      todo: ["To keep it, pay under ", BILLING, "."],
    };
  }
  const good = { label: "Active", tone: "good", todo: null } as const;
  if (license.collection_paused) {
    return {
      ...good,
      says: ["Payments for this license are paused, and nothing is charged meanwhile. It works as before."],
    };
  }
  if (until === null) return { ...good, says: ["This license does not end."] };
  if (subscription_state === "active" && expires_at !== null && until === expires_at + grace_seconds) {
    // A renewing license has a grace period, a canceled one has none. Without grace periods only Stripe can tell.
    if (grace_seconds > 0 && cancels_at === null) {
      const cost =
        next_charge_amount === null || price_currency === null
          ? ""
          : ` for ${formatAmount(next_charge_amount, price_currency)}`;
      return { ...good, says: ["This license renews on ", { day: expires_at }, `${cost}.`] };
    }
    if (!isGraceGiven && cancels_at === null) {
      const todo: Sentences = ["Whether it renews is shown under ", BILLING, "."];
      return { ...good, says: ["This license is paid until ", { day: expires_at }, "."], todo };
    }
    return {
      ...good,
      says: ["This license is canceled: it works until ", { day: until }, " and ends then."],
      todo: ["Changed your mind? Undo the cancellation under ", BILLING, "."],
    };
  }
  return { ...good, says: ["This license works until ", { day: until }, "."] };
}

/** For example ` on 3 May 2027`; empty if the time is unknown. */
const dated = (word: string, at: UnixSeconds | null): Sentences => (at === null ? [] : [word, { day: at }]);

const dayOrSoon = (at: UnixSeconds | null): Sentences => (at === null ? ["soon"] : [{ day: at }]);
