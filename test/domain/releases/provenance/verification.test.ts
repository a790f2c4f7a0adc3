import { describe, expect, it } from "vitest";
import type { Claims } from "../../../../src/domain/releases/provenance/claims.ts";
import {
  decideVerification,
  faultOfRequired,
  type NamedWorkflow,
} from "../../../../src/domain/releases/provenance/verification.ts";
import { err, ok } from "../../../../src/lib/result.ts";

const CLAIMS: Claims = {
  repository: "https://github.com/rbee-keeper/rbee",
  repository_id: "1001",
  owner_id: "2002",
  workflow: ".github/workflows/release.yml",
  signer: "https://github.com/rbee-keeper/rbee/.github/workflows/release.yml@refs/tags/v1.0.0",
  ref: "refs/tags/v1.0.0",
  commit: "2a1e0c5b7d3f4e6a8b9c0d1e2f3a4b5c6d7e8f90",
  run: "https://github.com/rbee-keeper/rbee/actions/runs/1/attempts/1",
  runner: "github-hosted",
  trigger: "push",
};
const PUBLISHER: NamedWorkflow = {
  repository_id: "1001",
  repository_owner_id: "2002",
  workflow: ".github/workflows/release.yml",
  refs: ["refs/tags/v*", "refs/heads/main"],
};

/** The reason against a run; null if it is verified. */
const reasonAgainst = (claims: Partial<Claims>, publishers: NamedWorkflow[] = [PUBLISHER]): string | null =>
  decideVerification(ok({ ...CLAIMS, ...claims }), { publishers, required: false }).reason;

describe("a proven run", () => {
  it("is verified if it is a publisher's, or if no publisher is named", () => {
    expect(reasonAgainst({})).toBeNull();
    expect(reasonAgainst({ ref: "refs/heads/main", trigger: "workflow_dispatch" })).toBeNull();
    expect(reasonAgainst({ repository_id: "9" }, [])).toBeNull();
    expect(reasonAgainst({}, [{ ...PUBLISHER, repository_id: "9" }, PUBLISHER])).toBeNull();
  });

  it.each<[string, Partial<Claims>, string]>([
    ["of another repository under the same name", { repository_id: "1002" }, "repository id 1002"],
    ["of the repository after another owner got it", { owner_id: "2003" }, "no publisher"],
    ["of another workflow", { workflow: ".github/workflows/ci.yml" }, "ci.yml"],
    ["of another branch", { ref: "refs/heads/dev" }, "refs/heads/dev"],
    ["of a tag in a folder", { ref: "refs/tags/v1/x" }, "refs/tags/v1/x"],
    ["of a branch that is called like a tag", { ref: "refs/heads/v1.0.0" }, "refs/heads/v1.0.0"],
    ["for a pull request", { trigger: "pull_request" }, "pull_request"],
    ["after a comment of anybody", { trigger: "issue_comment" }, "issue_comment"],
  ])("%s is not verified", (_, claims, reason) => {
    expect(reasonAgainst(claims)).toContain(reason);
  });

  it("that nobody has proven keeps the reason", () => {
    const verification = decideVerification(err("It is garbage."), { publishers: [], required: false });
    expect(verification).toEqual({ verified: false, reason: "It is garbage.", claims: null });
  });
});

describe("a worker that needs verified provenance", () => {
  const policy = { publishers: [PUBLISHER], required: true };
  const verified = decideVerification(ok(CLAIMS), policy);

  it("gets a release with verified provenance of every file, and no other", () => {
    expect(faultOfRequired(policy, verified, [])).toBeNull();
    expect(faultOfRequired(policy, verified, ["a", "b"])).toContain("does not attest a, b");
    expect(faultOfRequired(policy, null, [])).toContain("has none");
    expect(faultOfRequired(policy, { verified: false, reason: "Why.", claims: null }, [])).toContain("Why.");
    expect(faultOfRequired({ ...policy, publishers: [] }, verified, [])).toContain("no owner");
    expect(faultOfRequired({ ...policy, required: false }, null, ["a"])).toBeNull();
  });
});
