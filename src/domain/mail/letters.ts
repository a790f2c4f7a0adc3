import { html } from "hono/html";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import type { MailKind } from "../../platform/storage/mail-outbox.ts";

/** The facts for a letter: the license as it is when the mail is sent, and the data noted when it was queued. */
export type LetterFacts = {
  /** The name of the plan. */
  plan: string;
  /** Null for a mail that is about no license. */
  license: { key: string; machineLimit: number; versions: string; endsAt: UnixSeconds | null } | null;
  /** The single-use link of a recovery_link mail. */
  recoveryUrl: string | null;
  /** The page with the customer's licenses, keys, machines and invoices. */
  accountUrl: string;
  purchaseUrl: string;
  /** The page that shows how to install workers. */
  installUrl: string;
  /** The command that activates a machine. */
  activation: string;
};

const dayOf = (at: UnixSeconds): string => toRfc3339(at).slice(0, "2026-11-23".length);

/** The grant of a license, as sentences. */
function grantOf({ machineLimit, versions, endsAt }: NonNullable<LetterFacts["license"]>): string {
  const machines = machineLimit === 1 ? "one machine" : `up to ${machineLimit} machines`;
  const range = versions === "*" ? "in every version" : `in versions ${versions}`;
  const end = endsAt === null ? "It does not end." : `It is paid or granted until ${dayOf(endsAt)}.`;
  return `It opens the premium workers ${range} on ${machines}. ${end}`;
}

/** The key and how to use it. */
const keyBlocks = ({ license, activation, installUrl, accountUrl }: LetterFacts): Block[] =>
  license === null
    ? []
    : [
        { code: license.key },
        "Keep it secret, like a password. Run this command on each of your machines, and enter the key when it asks:",
        { code: activation },
        { link: installUrl, label: "Every way to install a worker" },
        { link: accountUrl, label: "Your account: this key, your machines and invoices" },
      ];

const endOf = ({ license }: LetterFacts): string =>
  license === null || license.endsAt === null ? "soon" : `on ${dayOf(license.endsAt)}`;

/** The way to invoices, payment methods and cancellation. */
const billing = ({ license, accountUrl }: LetterFacts): Block[] =>
  license === null ? [] : [{ link: accountUrl, label: "Your account: invoices, payment method and cancellation" }];

/** The letter of each kind of mail. */
const LETTERS: Record<MailKind, (facts: LetterFacts) => Letter> = {
  license_key: (facts) => ({
    subject: `Your license key for rbee ${facts.plan}`,
    blocks: [
      `Thank you. This is your license key for ${facts.plan}.`,
      ...(facts.license === null ? [] : [grantOf(facts.license)]),
      ...keyBlocks(facts),
    ],
  }),
  key_rotated: (facts) => ({
    subject: "Your rbee license has a new key",
    blocks: [
      `The key of your license for ${facts.plan} has been replaced. The old key and all tokens made with it no longer work; ` +
        "your machines keep their places. This is the new key:",
      ...keyBlocks(facts),
    ],
  }),
  payment_failed: (facts) => ({
    subject: "Your payment for rbee failed",
    blocks: [
      `We could not collect the payment for ${facts.plan}. We will try again, and your license keeps working for ` +
        "some days. Please check that your payment method is still valid.",
      ...billing(facts),
    ],
  }),
  payment_action_required: (facts) => ({
    subject: "Please confirm your payment for rbee",
    blocks: [
      `Your bank asks you to confirm the payment for ${facts.plan}. The payment is made once you confirm it.`,
      ...billing(facts),
    ],
  }),
  payment_not_completed: (facts) => ({
    subject: "Your payment for rbee did not come through",
    blocks: [
      `Your payment for ${facts.plan} was not completed, so nothing was charged and no license was issued.`,
      { link: facts.purchaseUrl, label: "Try again, or pay another way" },
    ],
  }),
  trial_ending: (facts) => ({
    subject: `Your rbee trial ends ${endOf(facts)}`,
    blocks: [
      `Your trial of ${facts.plan} ends ${endOf(facts)}. After that it continues as a paid subscription. If you ` +
        "cancel before, nothing is charged.",
      ...billing(facts),
    ],
  }),
  license_expiring: (facts) => ({
    subject: `Your rbee license ends ${endOf(facts)}`,
    blocks: [
      `Your license for ${facts.plan} ends ${endOf(facts)}. Until then everything works as before. After that, ` +
        "your machines get no new premium downloads.",
      { link: facts.purchaseUrl, label: "Buy a license to go on" },
    ],
  }),
  license_expired: (facts) => ({
    subject: "Your rbee license has ended",
    blocks: [
      `Your license for ${facts.plan} has ended. Your machines get no new premium downloads. Installed workers stay.`,
      { link: facts.purchaseUrl, label: "Buy a license to go on" },
    ],
  }),
  recovery_link: (facts) => ({
    subject: "Your link to your rbee account",
    blocks: [
      "Somebody, most likely you, asked to sign in to the rbee account of this mail address. This link works " +
        "once, within 30 minutes. Your account shows your license keys:",
      ...(facts.recoveryUrl === null ? [] : [{ link: facts.recoveryUrl, label: "Sign in to my account" }]),
      "If you did not ask for it, ignore this mail. Only its reader can use the link.",
    ],
  }),
};

/** The letter of a kind. Pure. */
export const letterOf = (kind: MailKind, facts: LetterFacts): Letter => LETTERS[kind](facts);

/** A part of a mail's body: a paragraph, a key or command to copy, or a link on a line of its own. */
export type Block = string | { code: string } | { link: string; label: string };

/** The content of a mail, without its looks. */
export type Letter = { subject: string; blocks: Block[] };

export type RenderedMail = { subject: string; text: string; html: string };

/** The longest subject. */
const MAX_SUBJECT = 200;

const CODE_STYLE =
  "display:block;margin:12px 0;padding:12px;border:1px solid #8888;border-radius:6px;" +
  "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere";

/**
 * Renders a letter as plain text and as HTML with the same content. The HTML follows the reader's light or dark theme
 * because it sets no color for text or background. It loads nothing and escapes every value. The subject is one line,
 * because it becomes a header.
 */
export async function renderLetter({ subject, blocks }: Letter): Promise<RenderedMail> {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${oneLine(subject)}</title>
</head>
<body style="margin:0 auto;padding:24px;max-width:600px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5">
${blocks.map((block) =>
  typeof block === "string"
    ? html`<p style="margin:12px 0">${block}</p>
`
    : "code" in block
      ? html`<code style="${CODE_STYLE}">${block.code}</code>
`
      : html`<p style="margin:12px 0"><a href="${block.link}">${block.label}</a></p>
`,
)}</body>
</html>
`;
  return { subject: oneLine(subject), text: plainText(blocks), html: String(await document) };
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_SUBJECT);

function plainText(blocks: Block[]): string {
  const parts = blocks.map((block) =>
    typeof block === "string" ? block : "code" in block ? indent(block.code) : `${block.label}:\n${block.link}`,
  );
  return `${parts.join("\n\n")}\n`;
}

const indent = (code: string): string =>
  code
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
