import type { UnixSeconds } from "../../lib/time.ts";
import { legalPages, type Seller } from "../../platform/config/seller.ts";
import type { MailKind } from "../../platform/storage/mail-outbox.ts";
import type { LicenseRow } from "../licensing/license/record.ts";
import { KEY_LETTERS } from "./letter/key.ts";
import { ORDER_LETTERS } from "./letter/order.ts";
import { PAYMENT_LETTERS } from "./letter/payment.ts";
import { STANDING_LETTERS } from "./letter/standing.ts";
import type { Block, Letter } from "./render.ts";

/** The data that was noted when a mail was queued. */
export type MailData = Record<string, string | number | null>;

/** The facts for a letter: the license as it is when the mail is sent, and the data noted when it was queued. */
export type LetterFacts = {
  /** The name of the plan. */
  plan: string;
  /** Null for a mail that is about no license. */
  license: LicenseRow | null;
  /** The license's current key, for the letters that show it. Null for all others. */
  key: string | null;
  data: MailData;
  /** When the mail was queued, which is when the change took effect. */
  at: UnixSeconds;
  /** Whether licenses have a grace period after a failed renewal. */
  isGraceGiven: boolean;
  /** The single-use link of a recovery_link mail. */
  recoveryUrl: string | null;
  /** The page with the customer's licenses, keys, machines and invoices. */
  accountUrl: string;
  purchaseUrl: string;
  /** The page that shows how to install workers. */
  installUrl: string;
  /** The command that activates a machine. */
  activation: string;
  seller: Seller;
  /** This service's own origin, which has the seller's documents. */
  siteUrl: string;
  /** The link that turns off mails of this topic; null for a mail that nobody can turn off. */
  unsubscribeUrl: string | null;
};

/** Writes the letter of a kind, without the end that all letters share. */
export type Writer = (facts: LetterFacts) => Letter;

/** The letter of each kind of mail. */
const LETTERS: Record<MailKind, Writer> = {
  ...KEY_LETTERS,
  ...PAYMENT_LETTERS,
  ...STANDING_LETTERS,
  ...ORDER_LETTERS,
};

/** The letter of a kind, with the license, the seller and the contact at its end. Pure. */
export function letterOf(kind: MailKind, facts: LetterFacts): Letter {
  const { subject, blocks } = LETTERS[kind](facts);
  return { subject, blocks: [...blocks, ...endOfLetter(facts)] };
}

/** The end of every letter: the license, the contact, the seller, and the way to turn such mails off. */
function endOfLetter({ license, plan, seller, siteUrl, unsubscribeUrl }: LetterFacts): Block[] {
  const about = license === null ? [] : [`License ${license.id} (${plan})`];
  const vat = seller.vatNumber === null ? [] : [`VAT number ${seller.vatNumber}`];
  const from = [seller.name, seller.address, ...vat].filter((part) => part !== "").join(", ");
  return [
    {
      small: [
        ...about,
        `Questions? Reply to this email, or write to ${seller.support}.`,
        from,
        ...legalPages(seller).map(({ href, text }) => ({ link: `${siteUrl}${href}`, label: text })),
      ],
    },
    ...(unsubscribeUrl === null ? [] : [{ link: unsubscribeUrl, label: "Turn off emails like this one" }]),
  ];
}
