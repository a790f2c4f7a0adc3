import { describe, expect, it } from "vitest";
import { accepts } from "../../../src/formats/oci/accept.ts";
import { ociCodeOf } from "../../../src/formats/oci/errors.ts";
import { parseReference, workerOfRepository } from "../../../src/formats/oci/names.ts";
import { workersOfScopes } from "../../../src/formats/oci/scope.ts";
import { pageOfTags } from "../../../src/formats/oci/tags.ts";
import { PROBLEMS, type ProblemCode } from "../../../src/platform/http/problem.ts";

const CPU = "llm-worker-rbee-cpu";
const INDEX = "application/vnd.oci.image.index.v1+json";

describe("a repository's name", () => {
  it("is rbee/ and a worker's id", () => {
    expect(workerOfRepository(`rbee/${CPU}`)?.id).toBe(CPU);
    for (const name of [CPU, "rbee/cpu", `other/${CPU}`, `rbee/${CPU}/x`, "rbee/", ""]) {
      expect(workerOfRepository(name), name).toBeNull();
    }
  });
});

describe("a reference", () => {
  it("is a digest, a channel or a version", () => {
    const hex = "0".repeat(64);
    expect(parseReference(`sha256:${hex}`)).toEqual({ kind: "digest", hex });
    expect(parseReference("latest")).toEqual({ kind: "channel", channel: "stable" });
    expect(parseReference("beta")).toEqual({ kind: "channel", channel: "beta" });
    expect(parseReference("1.2.0-rc.1")).toEqual({ kind: "version", version: "1.2.0-rc.1" });
    expect(parseReference(`sha256:${hex}0`)).toMatchObject({ kind: "version" });
  });
});

describe("a token's scope", () => {
  const ids = (...scopes: string[]) => workersOfScopes(scopes).map(({ id }) => id);

  it("names repositories to pull from, each once", () => {
    expect(ids(`repository:rbee/${CPU}:pull`)).toEqual([CPU]);
    expect(ids(`repository:rbee/${CPU}:pull,push`, `repository(plugin):rbee/${CPU}:pull`)).toEqual([CPU]);
    expect(ids(`repository:rbee/${CPU}:pull repository:rbee/llm-worker-rbee-cuda:pull`)).toHaveLength(2);
  });

  it("leaves out other resources, actions and unknown names", () => {
    const others = ["", "registry:catalog:*", `repository:rbee/${CPU}:push`, "repository:rbee/nothing:pull", "pull"];
    expect(ids(...others)).toEqual([]);
  });
});

describe("an Accept header", () => {
  it("takes a type that it names, with any parameters, and any type by a range", () => {
    for (const accept of [
      undefined,
      "",
      INDEX,
      `text/html, ${INDEX};q=0.5`,
      "*/*",
      "application/*",
      INDEX.toUpperCase(),
    ])
      expect(accepts(accept, INDEX), accept).toBe(true);
    for (const accept of ["text/html", "application/vnd.docker.distribution.manifest.list.v2+json", "text/*"])
      expect(accepts(accept, INDEX), accept).toBe(false);
  });
});

describe("a page of tags", () => {
  const tags = ["1.0.0", "1.1.0", "alpha", "latest"];

  it("has at most n tags after the last one, and says where the next begins", () => {
    expect(pageOfTags(tags, { n: null, last: null })).toEqual({ tags, next: null });
    expect(pageOfTags(tags, { n: 2, last: null })).toEqual({ tags: ["1.0.0", "1.1.0"], next: "1.1.0" });
    expect(pageOfTags(tags, { n: 2, last: "1.1.0" })).toEqual({ tags: ["alpha", "latest"], next: null });
    expect(pageOfTags(tags, { n: 9, last: "1.0.5" })).toEqual({ tags: ["1.1.0", "alpha", "latest"], next: null });
    expect(pageOfTags(tags, { n: null, last: "zzz" })).toEqual({ tags: [], next: null });
  });

  it("of none has no next one", () => {
    expect(pageOfTags(tags, { n: 0, last: null })).toEqual({ tags: [], next: null });
  });
});

describe("the code of a registry's error", () => {
  const AT = "/v2/rbee/x/manifests/latest";

  it("is the specification's for each problem that a client of a registry may meet", () => {
    const codes: [ProblemCode, string, string][] = [
      ["CREDENTIAL_REQUIRED", AT, "UNAUTHORIZED"],
      ["KEY_INVALID", "/v2/token", "UNAUTHORIZED"],
      ["LICENSE_REVOKED", AT, "DENIED"],
      ["MACHINE_LIMIT_REACHED", AT, "DENIED"],
      ["RELEASE_BLOCKED", AT, "DENIED"],
      ["WORKER_NOT_FOUND", AT, "NAME_UNKNOWN"],
      ["VERSION_NOT_FOUND", AT, "MANIFEST_UNKNOWN"],
      ["ARTIFACT_NOT_FOUND", "/v2/rbee/x/blobs/sha256:0", "BLOB_UNKNOWN"],
      ["MALFORMED_REQUEST", "/v2/rbee/x/blobs/x", "DIGEST_INVALID"],
      ["MALFORMED_REQUEST", "/v2/rbee/x/tags/list", "UNSUPPORTED"],
      ["RATE_LIMITED", AT, "TOOMANYREQUESTS"],
    ];
    for (const [code, path, expected] of codes) expect([code, ociCodeOf(code, path)]).toEqual([code, expected]);
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) expect(ociCodeOf(code, AT)).toMatch(/^[A-Z_]+$/);
  });
});
