import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import { openedWorker } from "../../licensing/opened-worker.ts";
import { trialRefusalInWords } from "../../licensing/trial/words.ts";
import { commandLine, installLine } from "../../workers/install-line.ts";
import type { LetterFacts, Writer } from "../letters.ts";
import type { Block } from "../render.ts";
import { machinesInWords, plain, standingOfMail } from "./parts.ts";

/** The letters with a license key. */
export const KEY_LETTERS = {
  license_key: (facts) => ({
    subject: `Your license key for rbee ${facts.plan}`,
    blocks: [`Thank you. This is your license key for ${facts.plan}.`, ...scope(facts), ...keyBlocks(facts)],
  }),
  key_rotated: (facts) => ({
    subject: "Your rbee license has a new key",
    blocks: [
      facts.data["is_new_owner"] === 1
        ? `Your license for ${facts.plan} now belongs to this email address, and has a new key. The old key and its tokens ` +
          "no longer work. Your machines keep their seats. This is the new key:"
        : `The key of your license for ${facts.plan} has been replaced. The old key and its tokens no longer work. ` +
          "Your machines keep their seats. This is the new key:",
      ...keyBlocks(facts),
    ],
  }),
} as const satisfies Partial<Record<MailKind, Writer>>;

/** The workers, versions and machines that a license covers, and until when, in sentences. */
function scope(facts: LetterFacts): Block[] {
  const { license } = facts;
  if (license === null) return [];
  const { machine_limit, versions } = license;
  const on = machine_limit === 1 ? "one machine" : `up to ${machinesInWords(machine_limit)}`;
  const range = versions === "*" ? "" : ` in versions ${versions}`;
  const words = standingOfMail(facts);
  const refusal = trialRefusalInWords(license);
  return [
    `Covers all premium workers${range} on ${on}. ${words === null ? "" : plain(words.says, facts)}`.trim(),
    ...(refusal === null ? [] : [refusal]),
  ];
}

/** The key and how to use it. */
function keyBlocks({ key, license, activation, installUrl, accountUrl, siteUrl }: LetterFacts): Block[] {
  if (key === null) return [];
  return [
    { code: key },
    "Treat it like a password. To install a worker, run this on each of your machines, and paste the key when prompted:",
    { code: installLine(siteUrl, license === null ? null : openedWorker(license)) },
    "Or use our command. The first line installs it:",
    { code: `${commandLine(siteUrl)}\n${activation}` },
    { link: installUrl, label: "Every way to install a worker" },
    { link: accountUrl, label: "Your account: this key, your machines and invoices" },
  ];
}
