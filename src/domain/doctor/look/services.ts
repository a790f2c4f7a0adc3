import { checkMailSender, checkSeller } from "../check/service.ts";
import { type Examination, ownDeployment } from "../scope.ts";
import { lookAtPresigned } from "./presigned.ts";

const mail: Examination = {
  checks: ["mail-sender", "seller"],
  async look({ env, config }) {
    const error = await env.DB.prepare(
      // Codes of Cloudflare's `send_email` binding: the sender is not verified, or its domain not onboarded. Two parts,
      // because waiting mails and given-up ones have an index each.
      `SELECT last_error FROM (
         SELECT last_error FROM mails WHERE next_attempt_at IS NOT NULL
         UNION ALL SELECT last_error FROM mails WHERE next_attempt_at IS NULL AND sent_at IS NULL
       ) WHERE last_error LIKE '%E\\_SENDER\\_%' ESCAPE '\\' LIMIT 1`,
    ).first<string>("last_error");
    const { email } = config.MAIL_FROM;
    const host = new URL(config.PUBLIC_URL).hostname;
    return [
      checkMailSender({ domain: email.slice(email.lastIndexOf("@") + 1), host, senderError: error }),
      checkSeller({ name: config.SELLER_NAME, missing: config.SELLER_MISSING, isLive: config.LIVEMODE, host }),
    ];
  },
};

const presignedLinks: Examination = {
  checks: ["presigned-links"],
  look: async ({ config }) =>
    config.DELIVERY === "r2-presigned" ? [await lookAtPresigned(config, ownDeployment(config))] : [],
};

/** The checks of mail and of R2's S3 interface. */
export const SERVICE_EXAMINATIONS: readonly Examination[] = [mail, presignedLinks];
