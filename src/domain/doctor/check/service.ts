import { isLoopback } from "../../../lib/loopback.ts";
import { type Deployment, mismatchOf } from "../../../platform/config/deployment.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";

/** The sender's domain, the service's host, and the last error of an unsent mail that is the sender's fault. */
export type MailFacts = { domain: string; host: string; senderError: string | null };

/** Whether the sender's domain belongs to the service's. Both may be parts of one zone. */
export function checkMailSender({ domain, host, senderError }: MailFacts): Finding {
  if (senderError !== null) return fail("mail-sender", `The provider refuses mail from ${domain}: ${senderError}`);
  if (isLoopback(host)) return pass("mail-sender", "A development server sends no mail.");
  if (isWithin(host, domain) || isWithin(domain, host) || isWithin(host, parentOf(domain))) {
    return pass("mail-sender", `Mail comes from ${domain}, as the service does.`);
  }
  return warn(
    "mail-sender",
    `Mail comes from ${domain}, but the service is ${host}. The domain must be onboarded in the same account.`,
  );
}

/** Whether every variable about the seller is set. `missing`: those that are not. In live mode nothing is sold then. */
export function checkSeller({ name, missing, isLive, host }: SellerFacts): Finding {
  if (missing.length === 0) return pass("seller", `The seller is ${name}, with terms and all other documents.`);
  if (isLoopback(host)) return pass("seller", "A development server sells nothing for real money.");
  const detail = `Not set: ${missing.join(", ")}.`;
  return isLive
    ? fail("seller", `${detail} Nothing can be bought here until all are set.`)
    : warn("seller", `${detail} With LIVEMODE=true nothing could be bought here.`);
}

/** `missing`: the variables about the seller that are not set. `isLive`: the deployment takes real money. */
type SellerFacts = { name: string; missing: readonly string[]; isLive: boolean; host: string };

const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

/** The domain above, if it still has two parts: `mail.rbee.dev` is below `rbee.dev`, which is below none. */
const parentOf = (domain: string): string => {
  const above = domain.slice(domain.indexOf(".") + 1);
  return above.includes(".") ? above : domain;
};

/** The answer to a GET of the bucket's mark by a presigned link. `mark`: null if there is none. */
export type PresignedFact = { status: number; mark: Deployment | null };

/** Whether R2 accepts links that this deployment signs, for its own bucket. */
export function checkPresigned({ status, mark }: PresignedFact, own: Deployment): Finding {
  // R2 answers 404 only to a signature that it accepts.
  if (status !== 200 && status !== 404) {
    return fail("presigned-links", `R2 answers ${status} to a link that this deployment signs.`);
  }
  const mismatch = mark && mismatchOf(mark, own);
  if (mismatch !== null)
    return fail("presigned-links", `R2_S3_BUCKET is not the bucket of this deployment. ${mismatch}`);
  return pass("presigned-links", "R2 accepts links that this deployment signs.");
}
