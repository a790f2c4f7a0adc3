import { printable } from "../../lib/printable.ts";
import { randomBetween } from "../../lib/random.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import type { ForeignTokenFault } from "../../platform/identity/foreign-token.ts";
import { AUDIENCE, type RunClaims } from "./claims.ts";
import type { RunRefusal } from "./decision.ts";

/** The bounds of `Retry-After` while the issuer's keys cannot be fetched, in seconds. */
const KEYS_RETRY = { least: 30, most: 90 } as const;

/** The refusal of a text that is no valid token of a workflow run. `issuer` is the configured one. */
export function explainTokenFault(fault: ForeignTokenFault, issuer: string): Refusal {
  const invalid = (detail: string): Refusal => ({ code: "OIDC_TOKEN_INVALID", detail });
  switch (fault.fault) {
    case "malformed":
      return invalid("This is not the token of a workflow run: it is no signed JWT.");
    case "algorithm":
      return invalid("The token must be signed with RS256.");
    case "issuer":
      return invalid(`The token must come from ${issuer}.`);
    case "audience":
      return invalid(`The token must be for the audience ${AUDIENCE} alone. Ask for it with audience=${AUDIENCE}.`);
    case "key":
      return invalid("The issuer has no key with the id that the token names.");
    case "signature":
      return invalid("The token's signature is not the issuer's.");
    case "early":
      return invalid("The token is not valid yet. Compare the clocks.");
    case "claim":
      return invalid(`The token has no valid claim \`${fault.claim}\`.`);
    case "expired":
      return {
        code: "OIDC_TOKEN_EXPIRED",
        detail: "The token has expired. Ask the issuer for a new one for each request.",
      };
    case "keys_unavailable":
      return {
        code: "SERVICE_UNAVAILABLE",
        detail: `The keys of ${issuer} cannot be fetched, so no token can be verified. Please try again.`,
        extras: { retry_after: randomBetween(KEYS_RETRY.least, KEYS_RETRY.most) },
      };
  }
}

/** The refusal of a second use of a token. */
export const REUSED: Refusal = {
  code: "OIDC_TOKEN_REUSED",
  detail: "This token has been used already. Ask the issuer for a new one for each request.",
};

/**
 * The refusal of a genuine run. The words repeat claims of the run itself, and nothing of the publishers: any
 * repository can ask.
 */
export function explainRunRefusal(refusal: RunRefusal, claims: RunClaims): Refusal {
  const { repository, repository_id, workflow_ref, job_workflow_ref, environment, ref, event_name } = quoted(claims);
  switch (refusal.reason) {
    case "pull_request":
      return { code: "PUBLISHER_PULL_REQUEST", detail: pullRequestInWords(refusal.sign, event_name, ref) };
    case "event":
      return {
        code: "PUBLISHER_EVENT",
        detail:
          `Runs of the event ${event_name} may not publish, because a person who may not write to the repository can cause it. ` +
          "Publish from push, release, create, workflow_dispatch, repository_dispatch or schedule.",
      };
    case "unknown":
      return {
        code: "PUBLISHER_UNKNOWN",
        detail:
          `No owner has named ${repository} (id ${repository_id}) as a publisher. An owner adds it: ` +
          `rbee-catalog publisher add ${repository} --workflow FILE --worker ID`,
      };
    case "remade":
      return {
        code: "PUBLISHER_UNKNOWN",
        detail:
          `The repository ${repository} (id ${repository_id}) is another one than the owner named under this name: it was made again. ` +
          "An owner has to remove the publisher and add it anew.",
      };
    case "moved":
      return {
        code: "PUBLISHER_UNKNOWN",
        detail: `${repository} belongs to another account than the owner named. An owner has to remove the publisher and add it anew.`,
      };
    case "fork":
      return {
        code: "PUBLISHER_FORK",
        detail: `${repository} (id ${repository_id}) is another repository with the name of a publisher's.`,
      };
    case "workflow":
      return {
        code: "PUBLISHER_WORKFLOW",
        detail: workflowInWords(refusal.differs, workflow_ref, job_workflow_ref ?? ""),
      };
    case "environment":
      return {
        code: "PUBLISHER_ENVIRONMENT",
        detail: environment
          ? `No publisher names the environment ${environment} for this workflow.`
          : "The job runs in no environment. Give it the one that the publisher names: `environment: NAME`.",
      };
    case "ref":
      return { code: "PUBLISHER_REF", detail: `No publisher names the ref ${ref || "(none)"} for this workflow.` };
  }
}

function pullRequestInWords(sign: "event" | "ref" | "head", event: string, ref: string): string {
  switch (sign) {
    case "event":
      return `Runs of the event ${event} build pull requests, and may not publish.`;
    case "ref":
      return `${ref} is the ref of a pull request or of its merge queue. Its runs may not publish.`;
    case "head":
      return "The run builds a pull request, and may not publish.";
  }
}

function workflowInWords(differs: "file" | "reusable" | "repository" | "ref", workflow: string, job: string): string {
  switch (differs) {
    case "file":
      return `No publisher names the workflow ${workflow}.`;
    case "reusable":
      return `The job runs in the reusable workflow ${job}. Only a job of the named workflow itself may publish.`;
    case "repository":
      return `The workflow ${workflow} is not a file of the repository.`;
    case "ref":
      return `The workflow ${workflow} does not come from the ref that the run is for.`;
  }
}

/** The claims as they may be shown in a log: their texts come from anybody's repository. */
const quoted = (claims: RunClaims): RunClaims => ({
  ...claims,
  workflow_ref: printable(claims.workflow_ref),
  ...(claims.job_workflow_ref === undefined ? {} : { job_workflow_ref: printable(claims.job_workflow_ref) }),
  ...(claims.environment === undefined ? {} : { environment: printable(claims.environment) }),
  ref: printable(claims.ref),
  event_name: printable(claims.event_name),
});
