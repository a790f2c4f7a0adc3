import { Problem } from "./problem.ts";

/** The limiters' period in wrangler.toml, which is also how long a client is asked to wait. */
const PERIOD_SECONDS = 60;

async function take(limiter: RateLimit, key: string, detail: string): Promise<void> {
  const { success } = await limiter.limit({ key });
  if (!success) throw new Problem({ code: "RATE_LIMITED", detail, extras: { retry_after: PERIOD_SECONDS } });
}

/**
 * Counts a credential that was sent and is false, under its sender's address. Right credentials are never counted nor
 * refused here, so nobody's noise locks out another behind the same address; neither is a request without credential,
 * pacman's first for every file. Throws RATE_LIMITED past the limit.
 */
export const countFailedCredential = (env: Env, request: Request): Promise<void> =>
  take(env.FAILED_CREDENTIALS, clientAddress(request), "Too many false credentials came from this address.");

/** Counts a false admin credential under its sender's address. Throws RATE_LIMITED past the limit. */
export const countFailedAdminSignIn = (env: Env, request: Request): Promise<void> =>
  take(env.ADMIN_SIGN_IN, clientAddress(request), "Too many false admin credentials came from this address.");

/** A genuine credential. It counts by its generation, so that who holds a rotated key cannot lock out who holds the new one. */
type Genuine = { licenseId: string; generation: number };

const keyOf = ({ licenseId, generation }: Genuine): string => `${licenseId}:${generation}`;

/** Counts an activation under the key that asks for it, which has proved to be real. Throws RATE_LIMITED past the limit. */
export const countActivation = (env: Env, key: Genuine): Promise<void> =>
  take(env.ACTIVATIONS, keyOf(key), "This license activates machines too often.");

/** Counts a token that is asked for, under the credential and the machine (fingerprint hash) it is for. Throws RATE_LIMITED. */
export const countTokenRequest = (env: Env, credential: Genuine, machine: string): Promise<void> =>
  take(env.TOKEN_REQUESTS, `${keyOf(credential)}:${machine}`, "This machine asks for tokens too often.");

/** Counts a sign-in with a key that has proved to be real: each is written to the ledger. Throws RATE_LIMITED past the limit. */
export const countSignIn = (env: Env, key: Genuine): Promise<void> =>
  take(env.SIGN_INS, keyOf(key), "This key signs in too often. Please wait a minute.");

/** Counts a verification under a genuine token's license, else (null) under the address. Throws RATE_LIMITED past the limit. */
export const countVerification = (env: Env, request: Request, token: Genuine | null): Promise<void> =>
  take(env.VERIFICATIONS, token ? keyOf(token) : clientAddress(request), "Too many verifications.");

/** Counts a checkout under the address of who begins it. Throws RATE_LIMITED past the limit. */
export const countCheckout = (env: Env, request: Request): Promise<void> =>
  take(env.CHECKOUTS, clientAddress(request), "Too many checkouts were begun from this address.");

/** Counts a visit to the billing portal, each of which asks Stripe, under the license. Throws RATE_LIMITED past the limit. */
export const countBillingVisit = (env: Env, license: Genuine): Promise<void> =>
  take(env.CHECKOUTS, `billing ${keyOf(license)}`, "The billing portal is opened too often. Please wait a minute.");

/**
 * Counts a look at a checkout that has no license yet, each of which asks Stripe, under its session id. Returns whether Stripe
 * may be asked. Throws nothing past the limit: a buyer who waits can be told what is known.
 */
export async function mayLookUpSession(env: Env, sessionId: string): Promise<boolean> {
  const { success } = await env.SESSION_LOOKUPS.limit({ key: sessionId });
  return success;
}

/**
 * Counts a request for forgotten keys under the address it came from and under the mail address it names (known or not:
 * the answer must not tell). Throws RATE_LIMITED past either limit.
 */
export async function countRecovery(env: Env, request: Request, email: string): Promise<void> {
  const detail = "Keys were asked for too often. Please wait a minute.";
  await take(env.RECOVERIES, `from ${clientAddress(request)}`, detail);
  await take(env.RECOVERIES, `for ${email}`, detail);
}

/**
 * The address that a request's noise is counted under: IPv4 as it is, IPv6 cut to its /64, because one subscriber
 * holds at least that much of it. `unknown` where the platform names none (tests, development).
 */
function clientAddress(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP");
  if (!address) return "unknown";
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const rest = tail === "" ? [] : tail.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
