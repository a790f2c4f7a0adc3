import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { currentTime } from "../../src/lib/time.ts";

/** GitHub's issuer, as a token's `iss` has it. */
export const ISSUER = "https://token.actions.githubusercontent.com";

/** The repository of the sample run: its name and the ids that GitHub gave it and its owner. */
export const REPOSITORY = { repository: "rbee-dev/workers", repository_id: "741852963", repository_owner_id: "65" };

/** The workflow of the sample run. */
export const WORKFLOW = ".github/workflows/release.yml";

export type Claims = Record<string, unknown>;

/**
 * The claims of a run for the tag v1.2.3 in the environment `release`, as GitHub writes them. Names and forms are those
 * of "OpenID Connect reference" (docs.github.com/en/actions/reference/security/oidc) with the immutable `sub` of
 * repositories made after 2026-07-15. `check_run_id`: GitHub's changelog of 2025-11-13.
 */
export function runClaims(changes: Claims = {}, now = currentTime()): Claims {
  const ref = typeof changes["ref"] === "string" ? changes["ref"] : "refs/tags/v1.2.3";
  const { repository, repository_id, repository_owner_id } = { ...REPOSITORY, ...changes };
  const [owner = "", name = ""] = String(repository).split("/");
  const workflow_ref = `${repository}/${WORKFLOW}@${ref}`;
  return {
    jti: crypto.randomUUID(),
    sub: `repo:${owner}@${repository_owner_id}/${name}@${repository_id}:environment:release`,
    aud: "rbee-catalog",
    iss: ISSUER,
    ref,
    sha: "ffac537e6cbbf934b08745a378932722df287a53",
    repository,
    repository_owner: owner,
    repository_owner_id,
    run_id: "12345678901",
    run_number: "42",
    run_attempt: "1",
    repository_visibility: "private",
    repository_id,
    actor_id: "12",
    actor: "octocat",
    workflow: "Release",
    head_ref: "",
    base_ref: "",
    event_name: "push",
    ref_protected: "false",
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    workflow_ref,
    workflow_sha: "ffac537e6cbbf934b08745a378932722df287a53",
    job_workflow_ref: changes["workflow_ref"] ?? workflow_ref,
    job_workflow_sha: "ffac537e6cbbf934b08745a378932722df287a53",
    runner_environment: "github-hosted",
    environment: "release",
    check_run_id: "44102938475",
    nbf: now - 600,
    exp: now + 300,
    iat: now,
    ...changes,
  };
}

type SigningKey = { kid: string; privateKey: CryptoKey; publicKey: CryptoKey };

/** An issuer that signs as GitHub's does: RS256 with keys of 2048 bits, and the public halves at a URL. */
export class RunIssuer {
  /** The keys that the issuer offers, the current one first. */
  readonly keys: SigningKey[] = [];

  /** Returns an issuer with one key. */
  static async open(): Promise<RunIssuer> {
    const issuer = new RunIssuer();
    await issuer.rotate();
    return issuer;
  }

  /** Adds a key, which signs from now on. The former keys are still offered. */
  async rotate(): Promise<SigningKey> {
    const { privateKey, publicKey } = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
    const key = { kid: crypto.randomUUID(), privateKey, publicKey };
    this.keys.unshift(key);
    return key;
  }

  /** The key that signs now. */
  get current(): SigningKey {
    const [key] = this.keys;
    if (key === undefined) throw new Error("the issuer has no key");
    return key;
  }

  /** The key set, with the members that GitHub's has. */
  async keySet(): Promise<{ keys: JWK[] }> {
    const keys = this.keys.map(async ({ kid, publicKey }) => {
      return { ...(await exportJWK(publicKey)), kty: "RSA", alg: "RS256", use: "sig", kid, x5t: kid };
    });
    return { keys: await Promise.all(keys) };
  }

  /** The token of the sample run with changed claims (undefined: without it). */
  sign(
    changes: Claims = {},
    { kid, privateKey }: Pick<SigningKey, "kid" | "privateKey"> = this.current,
  ): Promise<string> {
    return this.signAll(runClaims(changes), { alg: "RS256", kid, typ: "JWT" }, privateKey);
  }

  /** A token of exactly these claims and this header. */
  signAll(
    claims: Claims,
    header: { alg: string; kid?: string; typ?: string },
    key: CryptoKey | Uint8Array,
  ): Promise<string> {
    return new SignJWT(claims).setProtectedHeader(header).sign(key);
  }
}
