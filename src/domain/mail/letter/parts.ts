import { lazy } from "../../../lib/lazy.ts";
import { formatAmount } from "../../../lib/money.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { PHASES, phaseOf } from "../../licensing/license/phase.ts";
import type { LetterFacts, MailData } from "../letters.ts";
import type { Block } from "../render.ts";
import { type Sentences, type StandingWords, standingInWords, worksUntil } from "../standing-words.ts";

const dayFormat = lazy(() => new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }));

/** A day for people: `12 December 2026`, in UTC. */
export const dayOf = (at: UnixSeconds): string => dayFormat().format(at * 1000);

/** The text of `data`, or null. */
export const textIn = (data: MailData, name: string): string | null => {
  const value = data[name];
  return typeof value === "string" ? value : null;
};

/** The number of `data`, or null. */
export const numberIn = (data: MailData, name: string): number | null => {
  const value = data[name];
  return typeof value === "number" ? value : null;
};

/** The amount in `data` (`amount`, `currency`) after `before`; empty if there is none. */
export function amountIn(data: MailData, before: string): string {
  const amount = numberIn(data, "amount");
  const currency = textIn(data, "currency");
  return amount === null || currency === null ? "" : `${before}${formatAmount(amount, currency)}`;
}

/** A number of machines in words. */
export const machinesInWords = (count: number): string => (count === 1 ? "one machine" : `${count} machines`);

/** The link to the customer's account, named for the use that a letter has for it. */
export const accountLink = ({ accountUrl }: LetterFacts, label: string): Block => ({ link: accountUrl, label });

export const billingLink = (facts: LetterFacts): Block =>
  accountLink(facts, "Your account: invoices, payment method and cancellation");

export const plansLink = ({ purchaseUrl }: LetterFacts): Block => ({ link: purchaseUrl, label: "Plans and prices" });

/** The standing that a mail is about, in the words of the account's pages; null for a mail about no license. */
export function standingOfMail({ license, data, at, isGraceGiven }: LetterFacts): StandingWords | null {
  if (license === null) return null;
  const noted = PHASES.find((phase) => phase === data["phase"]);
  const until = noted === undefined ? worksUntil(license, at) : numberIn(data, "works_until");
  const phase = noted ?? phaseOf(license, at);
  const wasTrial = phase === "ended" && data["cause"] === "trial" && license.stripe_subscription_id !== null;
  return standingInWords({ license, phase, since: at, until, wasTrial, isGraceGiven });
}

/** Sentences as plain text. Links follow as blocks of their own (`linksOf`). */
export const plain = (sentences: Sentences, { seller }: Pick<LetterFacts, "seller">): string =>
  sentences
    .map((part) => {
      if (typeof part === "string") return part;
      if ("day" in part) return dayOf(part.day);
      if (part.to === "billing") return `${part.text} in your account`;
      return part.to === "support" ? `${part.text} at ${seller.support}.` : `${part.text}.`;
    })
    .join("");

/** The links that sentences name, once each. */
function linksOf(sentences: Sentences, facts: LetterFacts): Block[] {
  const places = new Set(sentences.flatMap((part) => (typeof part === "string" || "day" in part ? [] : [part.to])));
  return [
    ...(places.has("billing") ? [billingLink(facts)] : []),
    ...(places.has("plans") ? [plansLink(facts)] : []),
    ...(places.has("billing") || places.has("plans") ? [] : [accountLink(facts, "Your account")]),
  ];
}

/** The standing of the license after `first`: what it means, the next step, and where to take it. */
export function standingBlocks(facts: LetterFacts, ...first: Block[]): Block[] {
  const words = standingOfMail(facts);
  if (words === null) return first;
  const { says, todo } = words;
  return [
    ...first,
    plain(says, facts),
    ...(todo ? [plain(todo, facts)] : []),
    ...linksOf([...says, ...(todo ?? [])], facts),
  ];
}
