import { MailAddress } from "../../lib/mail-address.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { recoveryToken, recoveryUrl, renewRecoveryLink } from "../../platform/identity/recovery-link.ts";
import { MAIL_KINDS } from "../../platform/storage/mail-outbox.ts";
import { activationCommand } from "../licensing/license/key.ts";
import { endOf } from "../licensing/license/record.ts";
import { readLicense } from "../licensing/license/store.ts";
import { planName } from "../licensing/plans.ts";
import { currentKey, licensingSecrets } from "../licensing/secrets.ts";
import { type RenderedMail, renderLetter } from "./body.ts";
import { type LetterFacts, letterOf } from "./letters.ts";
import * as z from "zod";

const MailRow = z.object({
  license_id: z.string().nullable(),
  kind: z.enum(MAIL_KINDS),
  recipient: MailAddress,
  data: z
    .string()
    .transform((text) => z.record(z.string(), z.union([z.string(), z.number(), z.null()])).parse(JSON.parse(text))),
});

/** A mail in the form of the `send_email` binding. */
export type OutgoingMail = RenderedMail & { from: { name: string; email: string }; to: string };

/**
 * Makes the mail of a `mails` row from the current state. The license's current key is derived here and stored nowhere.
 * The 30 minutes of a recovery link begin now, so that a delayed mail arrives with a live link. Throws D1's errors, and
 * when the row or its license is not valid.
 */
export async function composeMail(env: Env, row: Record<string, unknown>, now: UnixSeconds): Promise<OutgoingMail> {
  const config = configOf(env);
  const mail = MailRow.parse(row);
  const license = mail.license_id === null ? null : await readLicense(env.DB, mail.license_id);
  if (mail.license_id !== null && license === null) throw new Error("the license of a mail is not there");
  const facts: LetterFacts = {
    plan: planName(license?.plan ?? String(mail.data["plan"] ?? "rbee")),
    license: license && {
      key: await currentKey(config, license),
      machineLimit: license.machine_limit,
      versions: license.versions,
      endsAt: endOf(license),
    },
    recoveryUrl: null,
    accountUrl: `${config.PUBLIC_URL}/account`,
    purchaseUrl: config.PURCHASE_URL,
    installUrl: `${config.PUBLIC_URL}/install`,
    activation: activationCommand(config.PUBLIC_URL),
  };
  if (mail.kind === "recovery_link") {
    const link = z.string().parse(mail.data["link"]);
    const { keySecret } = await licensingSecrets(config);
    await renewRecoveryLink(env.DB, link, now);
    facts.recoveryUrl = recoveryUrl(config.PUBLIC_URL, await recoveryToken(link, keySecret));
  }
  return { from: config.MAIL_FROM, to: mail.recipient, ...(await renderLetter(letterOf(mail.kind, facts))) };
}
