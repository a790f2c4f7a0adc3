import * as errors from "jose/errors";
import { createRemoteJWKSet } from "jose/jwks/remote";
import { jwtVerify } from "jose/jwt/verify";
import { once } from "../../lib/isolate.ts";
import type { Config } from "../config/config.ts";
import { SCOPES, type Scope } from "../config/scopes.ts";
import { Problem } from "../http/problem.ts";

/** The header in which Cloudflare Access sends its assertion: a JWT that names the person. */
export const ACCESS_HEADER = "Cf-Access-Jwt-Assertion";

/** The team's issuer and signing keys. jose fetches the keys at first use, and again after a rotation. */
const teamOf = once(({ ACCESS_TEAM_DOMAIN }: Config) => {
  const issuer = `https://${ACCESS_TEAM_DOMAIN}`;
  return { issuer, keySet: createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer)) };
});

/** Whether the configuration accepts Cloudflare Access. */
export const acceptsAccess = (config: Config): boolean => config.ACCESS_TEAM_DOMAIN !== "";

/**
 * Verifies an Access assertion's signature, issuer, audience and times (Cloudflare, "Validate JWTs"), and returns its
 * mail address in lower case. Throws TOKEN_INVALID, TOKEN_EXPIRED, or SERVICE_UNAVAILABLE if the team's keys cannot be
 * fetched.
 */
export async function verifyAccessAssertion(config: Config, assertion: string): Promise<string> {
  const { issuer, keySet } = teamOf(config);
  try {
    const { payload } = await jwtVerify(assertion, keySet, {
      issuer,
      audience: config.ACCESS_AUD,
      algorithms: ["RS256"],
      requiredClaims: ["exp", "iat", "email"],
      clockTolerance: 60,
    });
    if (typeof payload["email"] === "string" && payload["email"] !== "") return payload["email"].toLowerCase();
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new Problem({ code: "TOKEN_EXPIRED", detail: "The Access session has ended. Please sign in again." });
    }
    if (!isInvalid(error)) {
      throw new Problem({
        code: "SERVICE_UNAVAILABLE",
        detail: "The keys of Cloudflare Access cannot be fetched. Please try again.",
      });
    }
  }
  throw new Problem({ code: "TOKEN_INVALID", detail: "The Access assertion is not valid for this service." });
}

/** Whether the assertion is at fault, and not the fetch of the keys (a network error, a status, no JSON). */
const isInvalid = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== errors.JOSEError.code;

/** The scopes of a mail address: those granted to the address and those granted to `*@` its domain. */
export function accessScopes(granted: Config["ACCESS_SCOPES"], mail: string): Scope[] {
  const names = [mail, `*${mail.slice(mail.lastIndexOf("@"))}`];
  const scopes = Object.entries(granted).flatMap(([name, of]) => (names.includes(name.toLowerCase()) ? of : []));
  return SCOPES.filter((scope) => scopes.includes(scope));
}
