import type { Config } from "../../../platform/config/config.ts";

/** What of the configuration an admin should know, in words. No secret: of one, only whether it is set. */
export function configFacts(config: Config): [name: string, value: string][] {
  const isSet = (secret: string) => (secret === "" ? "not set" : "set");
  return [
    ["Environment", config.ENVIRONMENT],
    ["Address, and issuer of tokens", config.PUBLIC_URL],
    ["Downloads", config.DELIVERY === "worker" ? "through this Worker" : "presigned links to R2"],
    ["Signatures of releases", config.RELEASE_SIGNATURES],
    ["Payments", config.LIVEMODE ? "live" : "test mode"],
    ["Stripe's key", isSet(config.STRIPE_SECRET_KEY)],
    ["Stripe's webhook secret", isSet(config.STRIPE_WEBHOOK_SECRET)],
    ["Days of grace after a failed renewal", String(config.GRACE_DAYS)],
    ["Mails come from", config.MAIL_FROM.email],
    ["Cloudflare Access", config.ACCESS_TEAM_DOMAIN === "" ? "not used" : config.ACCESS_TEAM_DOMAIN],
    ["Requests logged", config.LOG_REQUESTS],
  ];
}
