import type { MiddlewareHandler } from "hono";
import { looksLikeLicenseKey, looksLikeSignedToken } from "../../lib/credential.ts";
import { IsolateCache } from "../../lib/isolate.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type Credential, credentialOf } from "../../platform/http/credential.ts";
import { LICENSE_SECURITY } from "../../platform/http/openapi.ts";
import type { Access } from "../../platform/http/operation.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { countFailedCredential } from "../../platform/http/rate-limit.ts";
import type { AppEnv, ReadScope } from "../../platform/http/router.ts";
import { mayWrite, requireOwnLedger } from "../../platform/storage/deployment.ts";
import { type Holder, type KeyHolder, parseLicenseKey } from "./license/key.ts";
import { type FingerprintHashes, fingerprintHashes, fingerprintSchema } from "./machine/fingerprint.ts";
import { type LicenseRefusal, licenseProblem } from "./refusal.ts";
import { type LicensingSecrets, licensingSecrets } from "./secrets.ts";
import { acceptedUntil, type KeyProof, proofOf } from "./token/key-proof.ts";
import { verifiesUntil, verifyLicenseToken } from "./token/token.ts";

export type { Holder, KeyHolder };

/** The holder behind a request. `machine` is null for a key that is sent without its machine. */
export type RequestHolder =
  | (KeyHolder & { kind: "key"; machine: FingerprintHashes | null })
  | (Holder & { kind: "token"; issuedAt: UnixSeconds; proof: KeyProof });

/** The hashes of the machine that a credential names; null if it names none. */
export const machineFormsOf = ({ machine }: RequestHolder): FingerprintHashes | null =>
  typeof machine === "string" ? [machine] : machine;

type VerifiedToken = Extract<RequestHolder, { kind: "token" }>;

/** The tokens that this isolate has verified, by the whole token: an altered one never finds another's entry. */
const verified = new IsolateCache<VerifiedToken>(12_000);

async function holderOfToken(
  token: string,
  { keyring, keyId }: LicensingSecrets,
  issuer: string,
  now: UnixSeconds,
): Promise<Result<VerifiedToken, LicenseRefusal>> {
  const known = verified.get(token, now);
  if (known) return ok(known);
  const claims = await verifyLicenseToken(token, { keyring, issuer, now });
  if (!claims.ok) return claims;
  const accepted = acceptedUntil(claims.value, keyId) ?? Number.POSITIVE_INFINITY;
  if (now >= accepted) return err({ code: "KEY_REQUIRED", why: "secret" });
  const { sub, gen, machine, iat } = claims.value;
  const proof = proofOf(claims.value);
  const holder: VerifiedToken = { kind: "token", licenseId: sub, generation: gen, machine, issuedAt: iat, proof };
  verified.set(token, holder, Math.min(verifiesUntil(token, claims.value, keyring), accepted));
  return ok(holder);
}

/**
 * The hashes of the machine that a request names beside its credential; null if it names none. Errors:
 * MACHINE_MISMATCH for two names, MACHINE_REQUIRED for a text that is no fingerprint.
 */
export async function sentMachine(
  licenseId: string,
  { machines: [machine, other] }: Pick<Credential, "machines">,
): Promise<Result<FingerprintHashes | null, LicenseRefusal>> {
  if (other !== undefined) return err({ code: "MACHINE_MISMATCH", why: "two_names" });
  if (machine === undefined) return ok(null);
  const fingerprint = fingerprintSchema().safeParse(machine);
  return fingerprint.success
    ? ok(await fingerprintHashes(licenseId, fingerprint.data))
    : err({ code: "MACHINE_REQUIRED" });
}

async function holderOf(
  credential: Credential,
  secrets: LicensingSecrets,
  issuer: string,
  now: UnixSeconds,
): Promise<Result<RequestHolder, LicenseRefusal>> {
  const { secret, machines } = credential;
  if (machines.length > 1) return err({ code: "MACHINE_MISMATCH", why: "two_names" });
  if (looksLikeLicenseKey(secret) || !looksLikeSignedToken(secret)) {
    const key = await parseLicenseKey(secret, secrets.keySecret);
    if (!key.ok) return key;
    const machine = await sentMachine(key.value.licenseId, credential);
    return machine.ok ? ok({ kind: "key", ...key.value, machine: machine.value }) : machine;
  }
  const token = await holderOfToken(secret, secrets, issuer, now);
  if (!token.ok) return token;
  const machine = await sentMachine(token.value.licenseId, credential);
  if (!machine.ok) return machine;
  if (machine.value !== null && !machine.value.includes(token.value.machine)) {
    return err({ code: "MACHINE_MISMATCH", why: "other_token" });
  }
  return token;
}

/**
 * The holder of a request's credential, or null if the request carries none. Throws the problem of a credential that is
 * not genuine, and counts it under the sender's address. Reads no storage.
 */
export async function readHolder(c: ReadScope): Promise<RequestHolder | null> {
  const credential = credentialOf(c.req.raw.headers);
  if (!credential) return null;
  const { config } = c.var;
  const holder = await holderOf(credential, await licensingSecrets(config), config.PUBLIC_URL, c.var.now);
  if (holder.ok) {
    c.var.subject.licenseId = holder.value.licenseId;
    return holder.value;
  }
  if (holder.error.code === "KEY_INVALID" || holder.error.code === "TOKEN_INVALID") {
    await countFailedCredential(c.env, c.req.raw);
  }
  throw licenseProblem(holder.error, config);
}

/** The fingerprint that a request names beside its credential, as it is hashed, or null. */
export function sentFingerprint(headers: Headers): string | null {
  const sent = fingerprintSchema().safeParse(credentialOf(headers)?.machines[0]);
  return sent.success ? sent.data : null;
}

/** The problems of a credential itself, for `problems(...)`. */
export const CREDENTIAL_PROBLEMS = [
  "KEY_INVALID",
  "KEY_ROTATED",
  "KEY_REQUIRED",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "MACHINE_REQUIRED",
  "MACHINE_MISMATCH",
  "RATE_LIMITED",
] as const;

/** The problems of a license that is not in force. */
export const STANDING_PROBLEMS = ["LICENSE_REVOKED", "LICENSE_SUSPENDED", "LICENSE_EXPIRED"] as const;

/**
 * The environment of a handler behind `requireHolder`. `exchangedKey`: the license's key, if the request was sent with
 * the key of another shop (`HOLDER_OR_FOREIGN`).
 */
export type HolderEnv = AppEnv & { Variables: { holder: RequestHolder; exchangedKey?: string } };

/** Sets `c.var.holder` before the schemas are checked. Throws CREDENTIAL_REQUIRED. No cache keeps the answer. */
export const requireHolder: MiddlewareHandler<HolderEnv> = async (c, next) => {
  const holder = await readHolder(c);
  if (!holder) throw new Problem(credentialRequired);
  c.set("holder", holder);
  // Only now, because a forged credential must cause no read.
  if (mayWrite(c.req.method)) await requireOwnLedger(c.env);
  await next();
  c.res.headers.set("Cache-Control", "private, no-store");
  c.res.headers.append("Vary", "Authorization, Rbee-Machine");
};

/** The access of an operation for the holder of a license key or token. */
export const HOLDER = {
  security: LICENSE_SECURITY,
  middleware: [requireHolder],
  refusals: ["CREDENTIAL_REQUIRED", ...CREDENTIAL_PROBLEMS],
} satisfies Access;

/** The refusal of a request without a credential. */
const credentialRequired: Refusal = {
  code: "CREDENTIAL_REQUIRED",
  detail: "Send your license key or token: `Authorization: Bearer ...`, or Basic with the machine as user.",
};

/** Throws MACHINE_MISMATCH if the credential names another machine than the body, whose hashes are `forms`. */
export function sameMachine(holder: RequestHolder, forms: FingerprintHashes): void {
  const named = machineFormsOf(holder);
  if (named === null || named.some((hash) => forms.includes(hash))) return;
  throw new Problem({
    code: "MACHINE_MISMATCH",
    detail: "The credential names another machine than the request.",
  });
}
