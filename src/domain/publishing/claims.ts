import * as z from "zod";
import { lazy } from "../../lib/lazy.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { type ForeignTokenFault, verifyForeignToken } from "../../platform/identity/foreign-token.ts";

/** The audience that a workflow run asks its token for. A token for another service is refused. */
export const AUDIENCE = "rbee-catalog";

/** The oldest token that is accepted, in seconds since `iat`. GitHub's tokens live five minutes. */
const MAX_AGE = 15 * MINUTE;

/** How long an old copy of the issuer's keys verifies while the issuer does not answer, in seconds. */
const KEYS_STALE_SECONDS = 24 * 60 * MINUTE;

const schema = lazy(() => {
  /** GitHub writes ids as decimal text. */
  const Id = z.string().regex(/^[1-9]\d{0,19}$/);
  const Text = z.string().max(500);
  return z.object({
    iss: Text,
    /** A list of audiences is refused: another of them could use the token here. */
    aud: z.literal(AUDIENCE),
    jti: z.string().min(1).max(255),
    iat: z.number(),
    exp: z.number(),
    repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
    repository_id: Id,
    repository_owner_id: Id,
    workflow_ref: Text,
    job_workflow_ref: Text.optional(),
    environment: z.string().max(255).optional(),
    event_name: z.string().min(1).max(100),
    ref: Text,
    ref_type: z.string().max(20),
    head_ref: Text.optional(),
    base_ref: Text.optional(),
    sha: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
    run_id: Id,
    run_attempt: Id,
    runner_environment: z.string().max(50).optional(),
  });
});

/**
 * The claims of a workflow run's token that decisions and records use. `workflow_ref` is the file of the run, as
 * `OWNER/REPO/PATH@REF`; `job_workflow_ref` is the file with the job, which differs for a reusable workflow. `sub` is
 * not used: each repository may choose its form, and its default has had two since 2026-07-15.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export type RunClaims = z.output<ReturnType<typeof schema>>;

/** The text of a token may have so many characters. GitHub's have about 2,000. */
export const MOST_TOKEN_TEXT = 8_192;

/** Verifies the token of a workflow run and returns its claims. Asks the issuer for its keys if need be. */
export async function verifyRunToken(
  token: string,
  { PUBLISHER_ISSUER, PUBLISHER_JWKS_URL }: Pick<Config, "PUBLISHER_ISSUER" | "PUBLISHER_JWKS_URL">,
  kv: Pick<KVNamespace, "get" | "put">,
  now: UnixSeconds,
): Promise<Result<RunClaims, ForeignTokenFault>> {
  const keys = { url: PUBLISHER_JWKS_URL, shared: kv, staleSeconds: KEYS_STALE_SECONDS };
  const requiredClaims = ["exp", "iat", "jti"];
  const wanted = { issuer: PUBLISHER_ISSUER, audience: AUDIENCE, requiredClaims, maxAge: MAX_AGE };
  const verified = await verifyForeignToken(token, keys, wanted, now);
  if (!verified.ok) return verified;
  const claims = schema().safeParse(verified.value);
  if (claims.success) return ok(claims.data);
  const claim = String(claims.error.issues[0]?.path[0] ?? "claims");
  return err(claim === "aud" ? { fault: "audience" } : { fault: "claim", claim });
}
