import { describe, expect, it } from "vitest";
import type { RunClaims } from "../../../src/domain/publishing/claims.ts";
import { decidePublisher, matchesRef, type TrustedPublisher } from "../../../src/domain/publishing/decision.ts";
import { type Claims, ISSUER, REPOSITORY, runClaims, WORKFLOW } from "../../support/workflow-run.ts";

const PUBLISHER: TrustedPublisher = {
  ...{ id: "pub_1", issuer: ISSUER, ...REPOSITORY, workflow: WORKFLOW },
  ...{ environment: "release", refs: ["refs/tags/v*"] },
};

const claimsOf = (changes: Claims) => runClaims(changes) as RunClaims;

/** The id of the publisher that a run publishes as, or the reason against it. */
function decide(changes: Claims = {}, publishers: readonly TrustedPublisher[] = [PUBLISHER]): unknown {
  const decided = decidePublisher(claimsOf(changes), publishers);
  return decided.ok ? decided.value.id : decided.error;
}

const of = (file: string, ref = "refs/tags/v1.2.3", repository = REPOSITORY.repository) =>
  `${repository}/${file}@${ref}`;

describe("a workflow run", () => {
  it("in an environment whose name only looks like the publisher's is refused", () => {
    const publisher = { ...PUBLISHER, environment: "keys" };
    expect(decide({ environment: "KEYS" }, [publisher])).toBe("pub_1");
    for (const environment of ["\u212Aeys", "key\u017F", "keys\u200B", "keys "]) {
      expect(decide({ environment }, [publisher])).toEqual({ reason: "environment" });
    }
  });

  it("publishes as the publisher that names its repository, workflow, environment and ref", () => {
    expect(decide()).toBe("pub_1");
  });

  it.each<[string, Claims]>([
    ["of a renamed repository", { repository: "rbee-dev/inference-workers" }],
    ["of a repository whose owner has another name now", { repository: "rbee-inc/workers" }],
    ["whose environment is written in another case", { environment: "Release" }],
    ["whose repository is written in another case", { repository: "RBEE-dev/Workers", workflow_ref: of(WORKFLOW) }],
    ["without a claim about the file of the job", { job_workflow_ref: undefined }],
    ["started by hand for a tag", { event_name: "workflow_dispatch" }],
    ["of a published release at GitHub", { event_name: "release" }],
    ["whose subject has a form of its own", { sub: "repository_owner:rbee-dev:repository_visibility:private" }],
    ["on a machine of its owner", { runner_environment: "self-hosted" }],
  ])("%s publishes", (_name, changes) => {
    expect(decide(changes)).toBe("pub_1");
  });

  it.each<[string, Claims, string]>([
    ["a pull request", { event_name: "pull_request", ref: "refs/pull/7/merge" }, "event"],
    [
      "a pull request with the rights of its target",
      { event_name: "pull_request_target", ref: "refs/heads/main" },
      "event",
    ],
    ["a review", { event_name: "pull_request_review" }, "event"],
    ["a comment on a review", { event_name: "pull_request_review_comment" }, "event"],
    ["a merge queue", { event_name: "merge_group", ref: "refs/heads/gh-readonly-queue/main/pr-7-abc" }, "event"],
    ["a push to the merge queue", { ref: "refs/heads/gh-readonly-queue/main/pr-7-abc" }, "ref"],
    [
      "a pull request's ref that was chosen by hand",
      { event_name: "workflow_dispatch", ref: "refs/pull/7/head" },
      "ref",
    ],
    ["a branch that is to be merged", { head_ref: "feature" }, "head"],
    ["a branch to merge into", { base_ref: "main" }, "head"],
  ])("of %s is refused", (_name, changes, sign) => {
    expect(decide(changes)).toEqual({ reason: "pull_request", sign });
    // Whatever the publishers name.
    const any = { ...PUBLISHER, environment: null, refs: ["refs/heads/main", "refs/pull/*"] };
    expect(decide(changes, [any])).toEqual({ reason: "pull_request", sign });
  });

  it.each([
    "workflow_run",
    "issue_comment",
    "issues",
    "discussion",
    "fork",
    "watch",
    "deployment_status",
    "an_event_of_tomorrow",
  ])("of the event %s is refused, because a stranger can cause it", (event_name) => {
    expect(decide({ event_name })).toEqual({ reason: "event" });
  });

  it.each<[string, Claims, string]>([
    ["a repository that nobody has named", { repository: "eve/tools", repository_id: "9" }, "unknown"],
    ["a fork", { repository: "eve/workers", repository_id: "9", repository_owner_id: "8" }, "fork"],
    ["a fork in another case", { repository: "eve/WORKERS", repository_id: "9", repository_owner_id: "8" }, "fork"],
    ["a fork within the same account", { repository: "rbee-dev/workers-2", repository_id: "9" }, "unknown"],
    [
      "a repository of the fork's name with another workflow",
      {
        repository: "eve/workers",
        repository_id: "9",
        workflow_ref: of(".github/workflows/x.yml", undefined, "eve/workers"),
      },
      "unknown",
    ],
    ["a repository made again under the name", { repository_id: "9", repository_owner_id: "8" }, "remade"],
    ["a repository made again by the same owner", { repository_id: "9" }, "remade"],
    ["a repository that was given to another owner", { repository_owner_id: "8", repository: "eve/workers" }, "moved"],
    ["a look-alike name", { repository: "rbee-dev/w0rkers", repository_id: "9" }, "unknown"],
    [
      "an id that begins with the right one",
      { repository: "a/b", repository_id: `${REPOSITORY.repository_id}0` },
      "unknown",
    ],
    ["another issuer's repository with the id", { iss: "https://ghes.example/_services/token" }, "unknown"],
  ])("of %s is refused", (_name, changes, reason) => {
    expect(decide(changes)).toEqual({ reason });
  });

  it.each<[string, Claims, string]>([
    ["another file", { workflow_ref: of(".github/workflows/ci.yml") }, "file"],
    ["a file whose name begins alike", { workflow_ref: of(`${WORKFLOW}.yml`) }, "file"],
    ["a file in another case", { workflow_ref: of(".github/workflows/Release.yml") }, "file"],
    ["a file whose name has a ref in it", { workflow_ref: of(`${WORKFLOW}@refs/tags/v1.2.3.yml`) }, "file"],
    ["another repository's file", { workflow_ref: of(WORKFLOW, undefined, "eve/workers") }, "repository"],
    ["no file", { workflow_ref: "release" }, "repository"],
    ["a reusable workflow", { job_workflow_ref: of(".github/workflows/build.yml") }, "reusable"],
    [
      "another repository's reusable workflow",
      { job_workflow_ref: of(WORKFLOW, undefined, "eve/workers") },
      "reusable",
    ],
    ["an older version of a reusable workflow", { job_workflow_ref: of(WORKFLOW, "refs/heads/old") }, "reusable"],
    ["a file of another ref", { workflow_ref: of(WORKFLOW, "refs/heads/evil") }, "ref"],
    ["a file of a commit", { workflow_ref: of(WORKFLOW, "ffac537e6cbbf934b08745a378932722df287a53") }, "ref"],
  ])("of %s is refused", (_name, changes, differs) => {
    expect(decide(changes)).toEqual({ reason: "workflow", differs });
  });

  it.each<[string, string | undefined]>([
    ["no environment", undefined],
    ["an empty environment", ""],
    ["another environment", "test"],
    ["an environment that begins alike", "release-test"],
  ])("in %s is refused", (_name, environment) => {
    expect(decide({ environment })).toEqual({ reason: "environment" });
    expect(decide({ environment }, [{ ...PUBLISHER, environment: null }])).toBe("pub_1");
  });

  it.each<[string, Claims]>([
    ["a branch", { ref: "refs/heads/main" }],
    ["a branch that is named like the tag", { ref: "refs/heads/v1.2.3" }],
    ["a branch that is named like the tag's ref", { ref: "refs/heads/refs/tags/v1.2.3" }],
    ["a tag of another name", { ref: "refs/tags/nightly" }],
    ["a tag in a folder", { ref: "refs/tags/v1/2" }],
    ["a tag that claims to be a branch", { ref_type: "branch" }],
    ["no ref", { ref: "", workflow_ref: `${REPOSITORY.repository}/${WORKFLOW}@` }],
  ])("for %s is refused", (_name, changes) => {
    expect(decide(changes)).toEqual({ reason: "ref" });
  });

  it("belongs to the publisher that names its environment, before one that takes any", () => {
    const any = { ...PUBLISHER, id: "pub_0", environment: null, refs: ["refs/tags/v*", "refs/heads/main"] };
    expect(decide({}, [any, PUBLISHER])).toBe("pub_1");
    expect(decide({ environment: "test" }, [any, PUBLISHER])).toBe("pub_0");
    expect(decide({ ref: "refs/heads/main" }, [any, PUBLISHER])).toBe("pub_0");
  });
});

describe("the pattern of a ref", () => {
  it.each([
    ["refs/tags/v*", "refs/tags/v1.0.0", true],
    ["refs/tags/v*", "refs/tags/v", true],
    ["refs/tags/v*", "refs/tags/w1", false],
    ["refs/tags/v*", "refs/tags/v1/x", false],
    ["refs/tags/cuda-v*-rc", "refs/tags/cuda-v1-rc", true],
    ["refs/tags/cuda-v*-rc", "refs/tags/cuda-v-rc", true],
    ["refs/tags/aba*aba", "refs/tags/aba", false],
    ["refs/heads/main", "refs/heads/main", true],
    ["refs/heads/main", "refs/heads/main2", false],
    ["refs/heads/release/*", "refs/heads/release/1.2", true],
    ["refs/heads/release/*", "refs/heads/release", false],
  ])("%s and %s: %s", (pattern, ref, matches) => {
    expect(matchesRef(pattern, { ref, ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch" })).toBe(matches);
  });
});
