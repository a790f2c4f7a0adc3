import { beforeEach, describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";

let token = "";
beforeEach(async () => {
  ({ token } = await makeToken(["releases:write"]));
});

const create = (body: object) => ask("POST", "/v1/admin/releases", { token, body: { version: "1.0.0", ...body } });

describe("the git tag of a release", () => {
  it("is stored and shown for a worker that is built from source", async () => {
    const created = await create({ worker_id: "cpu", source_tag: "v1.0.0" });
    expect(created.status).toBe(201);
    const { release } = await created.json<{ release: { id: string; source_tag: string | null } }>();
    expect(release.source_tag).toBe("v1.0.0");
    const read = await ask("GET", `/v1/admin/releases/${release.id}`, { token });
    expect(await read.json()).toMatchObject({ release: { source_tag: "v1.0.0" } });
  });

  it.each([{}, { source_tag: null }])("is optional: %o", async (body) => {
    expect(await (await create({ worker_id: "cpu", ...body })).json()).toMatchObject({ release: { source_tag: null } });
  });

  it.each(["", "-v1", "v1..2", "a//b", "v1;rm", "$(id)", 'v"1', "v1.lock", "v1 ", "x".repeat(129)])(
    "is refused as %j, which could not stand in a recipe or is none",
    async (source_tag) => {
      const refused = await create({ worker_id: "cpu", source_tag });
      expect([refused.status, await codeOf(refused)]).toEqual([422, "VALIDATION_FAILED"]);
    },
  );

  it("is refused for a worker that is not built from source", async () => {
    const refused = await create({ worker_id: "premium-cpu", source_tag: "v1.0.0" });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "source_tag" }] });
  });
});
