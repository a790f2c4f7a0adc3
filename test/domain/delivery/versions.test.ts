import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { versionListing } from "../../../src/domain/delivery/routes/versions.ts";
import { manifestFromLedger } from "../../../src/domain/releases/manifest-publication.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";

const worker_id = "llm-worker-rbee-premium-cpu";
const ask = (name: string, query = "") =>
  exports.default.fetch(`https://catalog.test/v1/workers/${name}/versions${query}`);
type Listing = { worker_id: string; latest: string | null; versions: { version: string }[] };
const listing = async (query = "") => {
  const { latest, versions } = await (await ask(worker_id, query)).json<Listing>();
  return [latest, versions.map(({ version }) => version)];
};

describe("the versions of a worker", () => {
  beforeEach(async () => {
    for (const version of ["1.9.0", "1.10.0", "2.0.0-beta.1", "2.0.0-rc.1"])
      await publishRelease({ worker_id, version });
  });

  it("are listed newest first, and latest follows the channel", async () => {
    expect(await listing()).toEqual(["1.10.0", ["2.0.0-rc.1", "2.0.0-beta.1", "1.10.0", "1.9.0"]]);
    expect(await listing("?channel=&include_yanked=")).toEqual(await listing(""));
    expect(await listing("?channel=stable")).toEqual(["1.10.0", ["1.10.0", "1.9.0"]]);
    expect(await listing("?channel=rc")).toEqual(["2.0.0-rc.1", ["2.0.0-rc.1", "1.10.0", "1.9.0"]]);
    expect(await listing("?channel=alpha&include_yanked=false")).toEqual([
      "2.0.0-rc.1",
      ["2.0.0-rc.1", "2.0.0-beta.1", "1.10.0", "1.9.0"],
    ]);
  });

  it("have the facts to choose and check a file, and do not reveal the keys of objects", async () => {
    const response = await ask("premium-cpu", "?channel=stable");
    const { versions, ...rest } = await response.json<Listing>();
    expect(rest).toEqual({ worker_id, latest: "1.10.0" });
    expect(versions[0]).toEqual({
      version: "1.10.0",
      channel: "stable",
      status: "published",
      published_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      provenance_url: null,
      artifacts: [
        {
          kind: "binary",
          platform: "linux-x86_64",
          filename: "worker-linux-x86_64",
          size: 100,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          requires: null,
        },
      ],
    });
  });

  it("come from the ledger if KV fails or has no record yet", async () => {
    const before = await listing();
    forgetIsolate();
    await env.EDGE.delete(`manifest:${worker_id}`);
    expect(await listing()).toEqual(before);
    forgetIsolate();
    vi.spyOn(env.EDGE, "get").mockRejectedValue(new Error("KV GET failed: 500"));
    expect(await listing()).toEqual(before);
    expectLogged("edge.unreadable");
  });

  it("are only those that the asker's license covers", async () => {
    const manifest = await manifestFromLedger(env.DB, worker_id, currentTime());
    const covered = versionListing(manifest, { includeYanked: false, covers: ({ version }) => version === "1.9.0" });
    expect([covered.latest, covered.versions.map(({ version }) => version)]).toEqual(["1.9.0", ["1.9.0"]]);
  });
});

describe("a worker without releases", () => {
  it("has no versions", async () => {
    const response = await ask("cpu");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ worker_id: "llm-worker-rbee-cpu", latest: null, versions: [] });
  });

  it("differs from an unknown worker, and invalid queries are refused", async () => {
    expect((await ask("nobody")).status).toBe(404);
    expect((await ask("cpu", "?channel=nightly")).status).toBe(422);
    expect((await ask("cpu", "?include_yanked=maybe")).status).toBe(422);
  });
});
