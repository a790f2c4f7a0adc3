import { currentTime } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { SCOPES, type Scope } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";
import { verifyForeignToken } from "./foreign-token.ts";

/** The header in which Cloudflare Access sends its assertion: a JWT that names the person. */
export const ACCESS_HEADER = "Cf-Access-Jwt-Assertion";

/** Whether the configuration accepts Cloudflare Access. */
export const acceptsAccess = (config: Config): boolean => config.ACCESS_TEAM_DOMAIN !== "";

/**
 * Verifies an Access assertion's signature, issuer, audience and times (Cloudflare, "Validate JWTs"), and returns its
 * mail address in lower case. Throws TOKEN_INVALID, TOKEN_EXPIRED, or SERVICE_UNAVAILABLE if the team's keys cannot be
 * fetched.
 */
export async function verifyAccessAssertion(config: Config, assertion: string): Promise<string> {
  const issuer = `https://${config.ACCESS_TEAM_DOMAIN}`;
  const keys = { url: `${issuer}/cdn-cgi/access/certs`, shared: null, staleSeconds: 0 };
  const wanted = { issuer, audience: config.ACCESS_AUD, requiredClaims: ["exp", "iat", "email"] };
  const verified = await verifyForeignToken(assertion, keys, wanted, currentTime());
  if (verified.ok) {
    const { email } = verified.value;
    if (typeof email === "string" && email !== "") return email.toLowerCase();
  } else if (verified.error.fault === "expired") {
    throw new Problem({ code: "TOKEN_EXPIRED", detail: "The Access session has ended. Please sign in again." });
  } else if (verified.error.fault === "keys_unavailable") {
    throw new Problem({
      code: "SERVICE_UNAVAILABLE",
      detail: "The keys of Cloudflare Access cannot be fetched. Please try again.",
    });
  }
  throw new Problem({ code: "TOKEN_INVALID", detail: "The Access assertion is not valid for this service." });
}

/** The scopes of a mail address: those granted to the address and those granted to `*@` its domain. */
export function accessScopes(granted: Config["ACCESS_SCOPES"], mail: string): Scope[] {
  const names = [mail, `*${mail.slice(mail.lastIndexOf("@"))}`];
  const scopes = Object.entries(granted).flatMap(([name, of]) => (names.includes(name.toLowerCase()) ? of : []));
  return SCOPES.filter((scope) => scopes.includes(scope));
}
