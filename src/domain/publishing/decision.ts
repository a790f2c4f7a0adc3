import { err, ok, type Result } from "../../lib/result.ts";
import type { RunClaims } from "./claims.ts";

/** The part of a publisher that a decision needs. */
export type TrustedPublisher = {
  id: string;
  issuer: string;
  /** `OWNER/REPO` when it was named. For people, and to recognize a fork; never a reason to trust. */
  repository: string;
  repository_id: string;
  repository_owner_id: string;
  /** The path of the workflow in the repository: `.github/workflows/release.yml`. */
  workflow: string;
  /** The environment of the job; null: any or none. */
  environment: string | null;
  /** Full refs; each may have one `*`, which stands for any characters but `/`. */
  refs: readonly string[];
};

/** The reason why a genuine token of a workflow run may not publish. It names only values of the run itself. */
export type RunRefusal =
  | { reason: "pull_request"; sign: "event" | "ref" | "head" }
  | { reason: "event" }
  | { reason: "unknown" | "fork" | "remade" | "moved" }
  | { reason: "workflow"; differs: "file" | "reusable" | "repository" | "ref" }
  | { reason: "environment" }
  | { reason: "ref" };

/**
 * The events that a person causes who may write to the repository, and that of the clock. Strangers may cause the
 * others (`issue_comment`, `fork`), or their claims do not show the cause (`workflow_run`, which follows another run).
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */
const TRUSTED_EVENTS: readonly string[] = [
  "push",
  "release",
  "create",
  "workflow_dispatch",
  "repository_dispatch",
  "schedule",
];

/** Whether only somebody who may write to the repository, or the clock, starts runs by this event. */
export const isTrustedEvent = (event: string): boolean => TRUSTED_EVENTS.includes(event);

/** The events of pull requests and of their merge queue. */
const PULL_REQUEST_EVENTS = /^(pull_request(_.+)?|merge_group)$/;

/** The refs of pull requests, and the branches of a merge queue. */
const PULL_REQUEST_REFS = /^refs\/(pull\/|heads\/gh-readonly-queue\/)/;

/** Whether a run's event, ref or branches show that it builds a pull request; the refusal if so, else null. */
function pullRequestRefusal({ event_name, ref, head_ref, base_ref }: RunClaims): RunRefusal | null {
  if (PULL_REQUEST_EVENTS.test(event_name)) return { reason: "pull_request", sign: "event" };
  if (PULL_REQUEST_REFS.test(ref)) return { reason: "pull_request", sign: "ref" };
  return head_ref || base_ref ? { reason: "pull_request", sign: "head" } : null;
}

/** The refusal that a run's claims cause whatever publishers there are; null: the publishers decide. */
export function refusalOfRun(claims: RunClaims): RunRefusal | null {
  const pullRequest = pullRequestRefusal(claims);
  if (pullRequest !== null) return pullRequest;
  return isTrustedEvent(claims.event_name) ? null : { reason: "event" };
}

/**
 * The publisher that a run publishes as. `publishers`: those in force of the claims' repository id, and those with the
 * same name of the repository. Ids decide; names only tell a fork from a stranger. If several match, one that names the
 * run's environment goes before one that takes any.
 */
export function decidePublisher<Publisher extends TrustedPublisher>(
  claims: RunClaims,
  publishers: readonly Publisher[],
): Result<Publisher, RunRefusal> {
  const refusal = refusalOfRun(claims);
  if (refusal !== null) return err(refusal);
  const ofIssuer = publishers.filter(({ issuer }) => issuer === claims.iss);
  const ofRepository = ofIssuer.filter(({ repository_id }) => repository_id === claims.repository_id);
  if (ofRepository.length === 0) return err(strangerRefusal(claims, ofIssuer));
  const ofOwner = ofRepository.filter(({ repository_owner_id }) => repository_owner_id === claims.repository_owner_id);
  if (ofOwner.length === 0) return err({ reason: "moved" });

  const run = parseWorkflowRef(claims);
  if (run === null || !sameName(run.repository, claims.repository)) {
    return err({ reason: "workflow", differs: "repository" });
  }
  const ofWorkflow = ofOwner.filter(({ workflow }) => workflow === run.path);
  if (ofWorkflow.length === 0) return err({ reason: "workflow", differs: "file" });
  if ((claims.job_workflow_ref ?? claims.workflow_ref) !== claims.workflow_ref) {
    return err({ reason: "workflow", differs: "reusable" });
  }
  if (!run.isOfRef) return err({ reason: "workflow", differs: "ref" });

  const ofEnvironment = ofWorkflow.filter(({ environment }) => isEnvironment(environment, claims.environment));
  if (ofEnvironment.length === 0) return err({ reason: "environment" });
  const named = ofEnvironment.toSorted((a, b) => Number(a.environment === null) - Number(b.environment === null));
  const publisher = named.find(({ refs }) => refs.some((pattern) => matchesRef(pattern, claims)));
  return publisher ? ok(publisher) : err({ reason: "ref" });
}

/** Why a repository that no publisher names is refused: it may have a publisher's name, or be a fork of it. */
function strangerRefusal(claims: RunClaims, publishers: readonly TrustedPublisher[]): RunRefusal {
  const { repository } = claims;
  if (publishers.some((publisher) => sameName(publisher.repository, repository))) return { reason: "remade" };
  const path = parseWorkflowRef(claims)?.path;
  const isFork = publishers.some(
    (publisher) => sameName(ownName(publisher.repository), ownName(repository)) && publisher.workflow === path,
  );
  return { reason: isFork ? "fork" : "unknown" };
}

/** The name of a repository without its owner's. */
export const ownName = (repository: string): string => repository.slice(repository.indexOf("/") + 1);

/**
 * Whether two names are the same to GitHub, which ignores the case of ASCII letters. Other letters are compared
 * exactly: U+212A, the sign of the unit kelvin, is a `k` in lower case, but names another environment.
 */
const sameName = (one: string, other: string): boolean => lowerAscii(one) === lowerAscii(other);

const lowerAscii = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether a job's environment is the one that a publisher names. GitHub ignores the case of their names. */
const isEnvironment = (wanted: string | null, present: string | undefined): boolean =>
  wanted === null || sameName(wanted, present ?? "");

/** The parts of a workflow's name. `isOfRef`: the file is that of the run's own ref. */
type WorkflowFile = { repository: string; path: string; isOfRef: boolean };

/**
 * The parts of `workflow_ref`, which is `OWNER/REPO/.github/workflows/FILE@REF`; null for another text. Files and refs
 * may contain `@`, so the run's own ref is cut off first. GitHub writes a commit in its place for some events.
 */
function parseWorkflowRef({ workflow_ref, ref }: Pick<RunClaims, "workflow_ref" | "ref">): WorkflowFile | null {
  const isOfRef = workflow_ref.endsWith(`@${ref}`);
  const file = workflow_ref.slice(0, isOfRef ? -ref.length - 1 : workflow_ref.lastIndexOf("@"));
  const [, repository, path] = /^([^/]+\/[^/]+)\/(.+)$/.exec(file) ?? [];
  return repository === undefined || path === undefined ? null : { repository, path, isOfRef };
}

/** Whether a run's ref is one that a pattern names. The ref's type must agree with its prefix. */
export function matchesRef(pattern: string, { ref, ref_type }: Pick<RunClaims, "ref" | "ref_type">): boolean {
  if (!ref.startsWith(ref_type === "tag" ? "refs/tags/" : ref_type === "branch" ? "refs/heads/" : "\0")) return false;
  const star = pattern.indexOf("*");
  if (star < 0) return ref === pattern;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (ref.length < before.length + after.length) return false;
  if (!ref.startsWith(before) || !ref.endsWith(after)) return false;
  return !ref.slice(before.length, ref.length - after.length).includes("/");
}
