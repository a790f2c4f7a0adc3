import { beforeEach, describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";

let token = "";
beforeEach(async () => {
  ({ token } = await makeToken(["releases:write"]));
});

const create = (body: object) => ask("POST", "/v1/admin/releases", { token, body: { version: "1.2.0", ...body } });

describe("the git tag of a release", () => {
  it.each([
    "v1.2.0",
    "1.2.0",
    "llm-worker-rbee-cpu-v1.2.0",
    "llm-worker-rbee-cpu/1.2.0",
    "llm-worker-rbee-v1.2.0",
    "llm-worker-rbee/v1.2.0",
  ])("is stored and shown as %s for a worker that is built from source", async (source_tag) => {
    const created = await create({ worker_id: "cpu", source_tag });
    expect(created.status).toBe(201);
    const { release } = await created.json<{ release: { id: string } }>();
    expect(release).toMatchObject({ source_tag, source: null });
    const read = await ask("GET", `/v1/admin/releases/${release.id}`, { token });
    expect(await read.json()).toMatchObject({ release: { source_tag } });
  });

  it.each([{}, { source_tag: null }])("is optional: %o", async (body) => {
    expect(await (await create({ worker_id: "cpu", ...body })).json()).toMatchObject({ release: { source_tag: null } });
  });

  it.each([
    ...["", "-v1", "v1..2", "a//b", "v1;rm", "$(id)", 'v"1', "v1.lock", "v1 ", "x".repeat(129), "x".repeat(300)],
    // References that are no tag of this version.
    ...["HEAD", "FETCH_HEAD", "@", "development", "main", "refs/pull/1/head", "pull/7/merge", "origin/v1.2.0"],
    ...[
      "0509312fd8bae758c0a3434ccca6cfda1bd1b7f6",
      "0509312",
      "v1.2.0-0-g0509312",
      "v1.2.0^{}",
      "v1.2.0~1",
      "v1.2.0@{1}",
    ],
    ...["refs/tags/v1.2.0", "refs/heads/v1.2.0", "tags/v1.2.0", "heads/v1.2.0", "V1.2.0", "v1.2.0\n", "v1.2.0\u200b"],
    ...["v1.2.1", "v1.2", "v1", "1.2.0-rc.1", "v1.2.0-rc.1", "v01.2.0", "release-1.2.0", "llm-worker-rbee-cuda-v1.2.0"],
  ])("is refused as %j in words", async (source_tag) => {
    const refused = await create({ worker_id: "cpu", source_tag });
    expect([refused.status, await codeOf(refused.clone())]).toEqual([422, "VALIDATION_FAILED"]);
    expect(await refused.json()).toMatchObject({ errors: [{ path: "source_tag", message: expect.any(String) }] });
  });

  it("must be one of a prerelease's own version", async () => {
    const prerelease = { worker_id: "cuda", version: "2.0.0-rc.1" };
    expect((await create({ ...prerelease, source_tag: "v2.0.0" })).status).toBe(422);
    expect((await create({ ...prerelease, source_tag: "v2.0.0-rc.1" })).status).toBe(201);
  });

  it("is refused if git could not have it", async () => {
    const refused = await create({ worker_id: "cpu", version: "1.0.0-a.lock", source_tag: "v1.0.0-a.lock" });
    expect([refused.status, await codeOf(refused)]).toEqual([422, "VALIDATION_FAILED"]);
  });

  it("is refused for a worker that is not built from source", async () => {
    const refused = await create({ worker_id: "premium-cpu", source_tag: "v1.2.0" });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "source_tag" }] });
  });
});
