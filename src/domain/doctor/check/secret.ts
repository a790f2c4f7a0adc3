import { decodeBase64Url } from "../../../lib/encoding.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";

/** Every secret of the Worker. A test compares them with the configuration. */
export const SECRETS = [
  "LICENSE_KEY_SECRET",
  "DOWNLOAD_LINK_SECRET",
  "LICENSE_SIGNING_KEY",
  "INDEX_SIGNING_KEY",
  "PACKAGE_SIGNING_KEYS",
  "STRIPE_SECRET_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "STRIPE_WEBHOOK_SECRET_PREVIOUS",
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
] as const;
export type SecretName = (typeof SECRETS)[number];

/** Whether a variable is a secret. */
export const isSecretName = (name: string): name is SecretName => SECRETS.some((secret) => secret === name);

/** The secrets as they are set (empty: not set), and how downloads are delivered. */
export type SecretFacts = {
  values: Readonly<Record<SecretName, string>>;
  delivery: "worker" | "r2-presigned";
};

/** One finding for each secret that is set or needed. The configuration is valid. */
export const checkSecrets = (facts: SecretFacts): Finding[] =>
  SECRETS.flatMap((name) => {
    const { values } = facts;
    const found = faultOf(name, facts);
    if (found !== null) return [found.isWarning ? warnOf(name, found.detail) : failOf(name, found.detail)];
    return values[name] === "" ? [] : [pass("secret", `${name} is set and has its form.`, { subject: name })];
  });

type Fault = { detail: string; isWarning?: boolean };

const failOf = (name: SecretName, detail: string) => fail("secret", `${name} ${detail}`, { subject: name });
const warnOf = (name: SecretName, detail: string) => warn("secret", `${name} ${detail}`, { subject: name });

function faultOf(name: SecretName, facts: SecretFacts): Fault | null {
  const value = facts.values[name];
  if (value !== value.trim()) return { detail: "begins or ends with a blank or a line break, so it never matches." };
  const twin = SECRETS.find((other) => other !== name && value !== "" && facts.values[other] === value);
  if (twin !== undefined) return { detail: `is the same as ${twin}. Whoever learns one has both.` };
  switch (name) {
    case "LICENSE_KEY_SECRET":
    case "DOWNLOAD_LINK_SECRET":
      return isRandom(value) ? null : { detail: "repeats few bytes, so it is not random." };
    case "LICENSE_SIGNING_KEY":
    case "INDEX_SIGNING_KEY":
    case "PACKAGE_SIGNING_KEYS":
      return null;
    case "STRIPE_SECRET_KEY":
      return stripeKeyFault(value);
    case "STRIPE_WEBHOOK_SECRET":
      return webhookSecretFault(value, facts.values.STRIPE_SECRET_KEY !== "");
    case "STRIPE_WEBHOOK_SECRET_PREVIOUS":
      if (value === "") return null;
      return { detail: "is still set. Delete it a day after the rotation of the webhook's secret.", isWarning: true };
    case "R2_ACCESS_KEY_ID":
    case "R2_SECRET_ACCESS_KEY":
      return r2KeyFault(value, name === "R2_ACCESS_KEY_ID" ? 32 : 64, facts.delivery);
  }
}

/** The fewest different bytes of a random secret. 32 random bytes have fewer once in 10^14. */
const LEAST_BYTES = 16;

const isRandom = (secret: string): boolean => new Set(decodeBase64Url(secret)).size >= LEAST_BYTES;

const stripeKeyFault = (value: string): Fault | null =>
  value === "" || /^(sk|rk)_(live|test)_[A-Za-z0-9_]+$/.test(value) ? null : { detail: "is not a key of Stripe." };

function webhookSecretFault(value: string, sells: boolean): Fault | null {
  if (value === "") return sells ? { detail: "is not set, so every event of Stripe is refused." } : null;
  if (!sells) return { detail: "is set, but STRIPE_SECRET_KEY is not, so nothing can be sold.", isWarning: true };
  return /^whsec_[A-Za-z0-9+/=_-]{8,}$/.test(value) ? null : { detail: "does not begin with whsec_ as Stripe's do." };
}

function r2KeyFault(value: string, length: number, delivery: SecretFacts["delivery"]): Fault | null {
  if (value === "") return null;
  if (delivery === "worker")
    return { detail: "is set, but DELIVERY=worker does not need it. Delete it.", isWarning: true };
  if (new RegExp(`^[0-9a-f]{${length}}$`).test(value)) return null;
  return { detail: `does not have the ${length} hexadecimal digits of R2's.`, isWarning: true };
}
