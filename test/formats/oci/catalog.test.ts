import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { imageFile, publishImages, registryError } from "../../support/image-fixture.ts";
import { hive } from "../../support/license-fixture.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

const get = (query = "") => hive("GET", `/v2/_catalog${query}`);

afterEach(() => vi.restoreAllMocks());

describe("the catalog of repositories", () => {
  it("is every worker with a published binary for Linux, page by page", async () => {
    await publishImages(PREMIUM, "1.0.0");
    await publishImages(FREE, "1.0.0");
    await publishImages("llm-worker-rbee-metal", "1.0.0", { files: [imageFile("macos-aarch64", { requires: null })] });
    expect(await (await get()).json()).toEqual({ repositories: [`rbee/${FREE}`, `rbee/${PREMIUM}`] });
    const first = await get("?n=1");
    expect(await first.json()).toEqual({ repositories: [`rbee/${FREE}`] });
    expect(first.headers.get("Link")).toBe(`</v2/_catalog?n=1&last=${encodeURIComponent(`rbee/${FREE}`)}>; rel="next"`);
    expect(await (await get(`?n=1&last=rbee/${FREE}`)).json()).toEqual({ repositories: [`rbee/${PREMIUM}`] });
    expect(await registryError(await get("?n=x"))).toMatchObject({ status: 400, code: "UNSUPPORTED" });
  });

  it("reads KV once and no ledger, also while most workers have no release", async () => {
    await publishImages(FREE, "1.0.0");
    forgetIsolate();
    // The first request of an isolate looks at its deployment.
    await hive("GET", "/v2/");
    const [read, prepared] = [vi.spyOn(env.EDGE, "get"), vi.spyOn(env.DB, "prepare")];
    expect((await get()).status).toBe(200);
    expect([read.mock.calls.length, prepared.mock.calls.length]).toEqual([1, 0]);
  });
});
