import { Problem } from "./problem.ts";

/** The limiters' period in wrangler.toml, also sent as `Retry-After`. */
const PERIOD_SECONDS = 60;

async function take(limiter: RateLimit, key: string, detail: string): Promise<void> {
  const { success } = await limiter.limit({ key });
  if (success) return;
  const extras = { retry_after: PERIOD_SECONDS };
  throw new Problem({ code: "RATE_LIMITED", detail: `${detail} Please wait a minute.`, extras });
}

/**
 * Counts a false credential under its sender's address. Throws RATE_LIMITED past the limit. A genuine credential is
 * never counted or refused here, so guesses from one address lock out nobody behind it. Nor is a request without a
 * credential, which pacman sends first for every file.
 */
export const countFailedCredential = (env: Env, request: Request): Promise<void> =>
  take(env.FAILED_CREDENTIALS, clientAddress(request), "Too many invalid credentials came from your address.");

/** Counts a false admin credential under its sender's address. Throws RATE_LIMITED past the limit. */
export const countFailedAdminSignIn = (env: Env, request: Request): Promise<void> =>
  take(env.ADMIN_SIGN_IN, clientAddress(request), "Too many invalid admin credentials came from your address.");

/** A genuine credential, counted by generation: the holder of a rotated key cannot lock out the new holder. */
type Genuine = { licenseId: string; generation: number };

const keyOf = ({ licenseId, generation }: Genuine): string => `${licenseId}:${generation}`;

/** Counts an activation under its genuine key. Throws RATE_LIMITED past the limit. */
export const countActivation = (env: Env, key: Genuine): Promise<void> =>
  take(env.ACTIVATIONS, keyOf(key), "This license activates machines too often.");

/** Counts a token request under its credential and machine (fingerprint hash). Throws RATE_LIMITED past the limit. */
export const countTokenRequest = (env: Env, credential: Genuine, machine: string): Promise<void> =>
  take(env.TOKEN_REQUESTS, `${keyOf(credential)}:${machine}`, "This machine requests tokens too often.");

/** Counts a false token of a workflow run under its sender's address. Throws RATE_LIMITED past the limit. */
export const countFalseRunToken = (env: Env, request: Request): Promise<void> =>
  take(env.ADMIN_SIGN_IN, `run ${clientAddress(request)}`, "Too many invalid tokens came from your address.");

/**
 * Counts a genuine token of a workflow run under its repository (the issuer's id), before the ledger is read: anybody
 * can get one for a repository of their own. Throws RATE_LIMITED past the limit.
 */
export const countRunToken = (env: Env, repositoryId: string): Promise<void> =>
  take(env.TOKEN_REQUESTS, `run ${repositoryId}`, "Runs of this repository ask for tokens too often.");

/** Counts a sign-in with a genuine key, because each writes to the ledger. Throws RATE_LIMITED past the limit. */
export const countSignIn = (env: Env, key: Genuine): Promise<void> =>
  take(env.SIGN_INS, keyOf(key), "This key signs in too often.");

/**
 * Counts a verification under the sender's address, for the license of a genuine token apart (null: not genuine). So
 * the holder of a copied token cannot use up the verifications of others. Throws RATE_LIMITED.
 */
export const countVerification = (env: Env, request: Request, token: Genuine | null): Promise<void> =>
  take(
    env.VERIFICATIONS,
    token ? `${keyOf(token)} ${clientAddress(request)}` : clientAddress(request),
    "Too many verifications came from your address.",
  );

/** Counts a checkout under the buyer's address. Throws RATE_LIMITED past the limit. */
export const countCheckout = (env: Env, request: Request): Promise<void> =>
  take(env.CHECKOUTS, clientAddress(request), "Too many checkouts were started from your address.");

/** Counts a license's visits to the billing portal, because each calls Stripe. Throws RATE_LIMITED. */
export const countBillingVisit = (env: Env, license: Genuine): Promise<void> =>
  take(env.CHECKOUTS, `billing ${keyOf(license)}`, "You opened the billing portal too often.");

/**
 * Counts a look at a checkout that has no license yet, under its session id. Returns whether the caller may call
 * Stripe. It does not throw past the limit, because the page can show the waiting buyer the last known state.
 */
export async function mayLookUpSession(env: Env, sessionId: string): Promise<boolean> {
  const { success } = await env.SESSION_LOOKUPS.limit({ key: sessionId });
  return success;
}

/**
 * Counts a request for a recovery link under its sender's address. It does not count under the mail address, because a
 * stranger could then keep its owner out: `createRecoveryLink` limits the mails instead. Throws RATE_LIMITED.
 */
export const countRecovery = (env: Env, request: Request): Promise<void> =>
  take(env.RECOVERIES, clientAddress(request), "Too many links were requested from your address.");

/** Counts a started login of a machine under its address, because each writes. Throws RATE_LIMITED past the limit. */
export const countDeviceLogin = (env: Env, request: Request): Promise<void> =>
  take(env.SIGN_INS, `device ${clientAddress(request)}`, "Too many logins were started from your address.");

/** Counts a look at a login code under its customer, so that nobody can try codes. Throws RATE_LIMITED. */
export const countDeviceCode = (env: Env, customer: string): Promise<void> =>
  take(env.SIGN_INS, `device ${customer}`, "You entered too many codes.");

/**
 * The address that a request counts under: an IPv4 address, also written as IPv6, or the /64 of an IPv6 address,
 * because a subscriber has at least a /64. `unknown` if the platform gives none (tests, development).
 */
function clientAddress(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP");
  if (!address) return "unknown";
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
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
