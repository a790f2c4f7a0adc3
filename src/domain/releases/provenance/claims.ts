import * as z from "zod";
import { lazy } from "../../../lib/lazy.ts";
import { err, ok, type Result } from "../../../lib/result.ts";

/** GitHub's issuer of identities for workflow runs. */
const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** The claims of a GitHub workflow run in a certificate of Sigstore, and in the ledger. */
export const claimsSchema = lazy(() =>
  z.object({
    /** The URL of the repository when it signed. Its name may have changed since; the ids stay. */
    repository: z.string(),
    repository_id: z.string(),
    owner_id: z.string(),
    /** The path of the run's workflow in the repository. */
    workflow: z.string(),
    /** The URI of the workflow that built and signed, with its ref: another one if the run calls a reusable one. */
    signer: z.string(),
    ref: z.string(),
    commit: z.string(),
    /** The URL of the attempt of the run. */
    run: z.string(),
    /** `github-hosted` or `self-hosted`. */
    runner: z.string(),
    /** The event that started the run, such as `push`. */
    trigger: z.string(),
  }),
);

export type Claims = z.infer<ReturnType<typeof claimsSchema>>;

/** What the catalog has found out about a provenance's signatures, as the ledger keeps it. */
export const verificationSchema = lazy(() =>
  z.object({
    /** Whether the signer is proven, and is a publisher of the worker if an owner has named any. */
    verified: z.boolean(),
    /** The reason as a sentence if it is not verified. */
    reason: z.string().nullable(),
    /** The claims of the proven signer; null if there is none. */
    claims: claimsSchema().nullable(),
  }),
);

export type Verification = z.infer<ReturnType<typeof verificationSchema>>;

/** The numbers of Fulcio's extensions below its OID. */
const EXTENSIONS = {
  issuer: 8,
  signer: 9,
  runner: 11,
  repository: 12,
  commit: 13,
  ref: 14,
  repository_id: 15,
  owner_id: 17,
  config: 18,
  trigger: 20,
  run: 21,
} as const;

/**
 * Reads the claims of a certificate's Fulcio extensions, which are given by number. The error is a sentence for a
 * person: the certificate is of another issuer than GitHub's, or has not every claim.
 */
export function parseClaims(extensions: ReadonlyMap<number, string>): Result<Claims, string> {
  const issuer = extensions.get(EXTENSIONS.issuer) ?? "nobody";
  if (issuer !== GITHUB_ISSUER) return err(`It is signed by an identity of ${issuer}, not of GitHub Actions.`);
  const named = Object.fromEntries(
    Object.entries(EXTENSIONS).map(([name, number]) => [name, extensions.get(number) ?? ""]),
  );
  const missing = Object.keys(EXTENSIONS).find((name) => named[name] === "");
  if (missing !== undefined) return err(`The certificate does not name its ${missing.replace("_", " ")}.`);
  // https://github.com/OWNER/REPO/.github/workflows/FILE@refs/...
  const [, workflow] = /^\/(\.github\/workflows\/[^@]+)@/.exec(within(named["config"], named["repository"])) ?? [];
  if (workflow === undefined) return err("The certificate names a workflow of another repository than its source.");
  return ok(claimsSchema().parse({ ...named, workflow }));
}

/** The rest of `text` after `prefix`; empty if it starts otherwise. */
const within = (text = "", prefix = ""): string => (text.startsWith(prefix) ? text.slice(prefix.length) : "");
