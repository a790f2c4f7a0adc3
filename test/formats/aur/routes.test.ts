import { exports } from "cloudflare:workers";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { workers } from "../../../src/domain/workers/workers.ts";
import { publishRecipe } from "../../support/publish-recipe.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const IDS = workers.map(({ id }) => id).sort();

const get = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);
const json = async (path: string, init?: RequestInit): Promise<unknown> => (await get(path, init)).json();
const bytes = async (path: string) => new Uint8Array(await (await get(path)).arrayBuffer());
const gunzipped = async (path: string) => new TextDecoder().decode(gunzipSync(await bytes(path)));

const text = z.string();
const array = z.array(text);

/** The answers as helpers declare them: raur (paru) and yay's client refuse an answer without one of these fields. */
const Summary = z.object({
  ID: z.int(),
  Name: text,
  PackageBaseID: z.int(),
  PackageBase: text,
  Version: text.regex(/^[^-]+-\d+$/),
  Description: text.nullable(),
  URL: text.nullable(),
  URLPath: text,
  NumVotes: z.int(),
  Popularity: z.number(),
  OutOfDate: z.int().nullable(),
  Maintainer: text.nullable(),
  FirstSubmitted: z.int(),
  LastModified: z.int(),
});
const Info = Summary.extend({
  Depends: array,
  MakeDepends: array,
  OptDepends: array,
  CheckDepends: array,
  Conflicts: array,
  Provides: array,
  Replaces: array,
  Groups: array,
  License: array,
  Keywords: array,
});
const answerOf = <Result extends z.ZodType>(type: string, result: Result) =>
  z.strictObject({ version: z.literal(5), type: z.literal(type), resultcount: z.int(), results: z.array(result) });

const form = (body: string): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body,
});

describe("the RPC interface over HTTP", () => {
  it.each([
    ["aurutils", `/rpc/?v=5&type=info&arg[]=${FREE}&arg[]=${PREMIUM}`, undefined],
    ["yay", `/rpc?arg%5B%5D=${FREE}&arg%5B%5D=${PREMIUM}&type=info&v=5`, undefined],
    ["pikaur", `/rpc/?v=5&type=multiinfo&arg%5B%5D=${PREMIUM}&arg%5B%5D=${FREE}`, undefined],
    ["paru", "/rpc", form(`v=5&type=info&arg%5B%5D=${FREE}&arg%5B%5D=${PREMIUM}`)],
    ["a form with a slash", "/rpc/", form(`v=5&type=info&arg[]=${FREE}&arg[]=${PREMIUM}`)],
    ["a path", `/rpc/v5/info?arg[]=${FREE}&arg[]=${PREMIUM}`, undefined],
    ["auracle", "/rpc/v5/info", form(`arg[]=${FREE}&arg[]=${PREMIUM}`)],
  ])("answers the request of %s for packages", async (_, path, init) => {
    const answer = answerOf("multiinfo", Info).parse(await json(path, init));
    expect(answer.resultcount).toBe(2);
    expect(answer.results.map(({ Name }) => Name)).toEqual([FREE, PREMIUM]);
    expect(answer.results.map(({ License }) => License)).toEqual([["GPL-3.0-or-later"], ["LicenseRef-rbee-premium"]]);
  });

  it.each(["/rpc/?v=5&type=search&by=name-desc&arg=llm", "/rpc?v=5&type=search&arg=llm", "/rpc/v5/search/llm?by=name"])(
    "answers the search %s",
    async (path) => {
      const answer = answerOf("search", Summary.strict()).parse(await json(path));
      expect(answer.results.map(({ Name }) => Name)).toEqual(IDS);
    },
  );

  it("answers suggestions, and one package by path", async () => {
    expect(await json("/rpc?v=5&type=suggest&arg=llm-worker-rbee-c")).toEqual([FREE, "llm-worker-rbee-cuda"]);
    expect(await json("/rpc/v5/suggest/llm-worker-rbee-m")).toEqual(["llm-worker-rbee-metal"]);
    expect(await json(`/rpc/v5/info/${FREE}`)).toMatchObject({ resultcount: 1, results: [{ Name: FREE }] });
  });

  it("answers an invalid request as the AUR does, and never with a 500", async () => {
    for (const [path, init] of [
      ["/rpc", undefined],
      ["/rpc/?v=5&type=search&arg=a", undefined],
      ["/rpc/?v=%ff&type=%00", undefined],
      ["/rpc/v5/steal/x", undefined],
      ["/rpc", form("%%%=%")],
    ] as const) {
      const response = await get(path, init);
      expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([200, "error"]);
    }
    expect((await get("/rpc", form(`v=5&arg=${"x".repeat(70_000)}`))).status).toBe(413);
  });

  it("follows a release", async () => {
    await publishRecipe({ worker_id: FREE, version: "1.4.0-rc.1" });
    await publishRecipe({ worker_id: FREE, version: "1.3.0" });
    expect(await json(`/rpc/v5/info/${FREE}`)).toMatchObject({ results: [{ Version: "1.3.0-1" }] });
  });
});

describe("the archives", () => {
  it("list every package's name after a line that helpers skip", async () => {
    for (const path of ["/packages.gz", "/pkgbase.gz"]) expect(await gunzipped(path)).toBe(`\n${IDS.join("\n")}\n`);
  });

  it("are gzip files without a Content-Encoding", async () => {
    const response = await get("/packages.gz", { headers: { "Accept-Encoding": "gzip" } });
    expect(response.headers.get("Content-Encoding")).toBe(null);
    expect(response.headers.get("Content-Type")).toBe("application/gzip");
    const etag = response.headers.get("ETag") ?? "";
    expect((await get("/packages.gz", { headers: { "If-None-Match": etag } })).status).toBe(304);
  });

  it("have the data of the RPC interface, one package on each line", async () => {
    const info = (await json(`/rpc?v=5&type=info&${IDS.map((id) => `arg[]=${id}`).join("&")}`)) as { results: unknown };
    const extended = await gunzipped("/packages-meta-ext-v1.json.gz");
    expect(JSON.parse(extended)).toEqual(info.results);
    expect(extended.split("\n")).toHaveLength(IDS.length + 2);
    const found = (await json("/rpc?v=5&type=search&arg=llm")) as { results: unknown };
    expect(JSON.parse(await gunzipped("/packages-meta-v1.json.gz"))).toEqual(found.results);
  });
});

describe("cgit's files", () => {
  it("are those of the published recipe", async () => {
    await publishRecipe({ worker_id: FREE, version: "1.3.0" });
    for (const file of ["PKGBUILD", ".SRCINFO"]) {
      const plain = await get(`/cgit/aur.git/plain/${file}?h=${FREE}`);
      const body = await plain.text();
      expect(body).toContain("1.3.0");
      expect(body).toBe(await (await get(`/workers/${FREE}/${file}`)).text());
      expect(plain.headers.get("Content-Type")).toContain("text/plain");
    }
  });

  it("come in a snapshot, in a folder of the package's name", async () => {
    const path = `/cgit/aur.git/snapshot/${FREE}.tar.gz`;
    const entries = await unpackTar(gunzipSync(await bytes(path)));
    expect(entries.map(({ header }) => header.name).sort()).toEqual([
      `${FREE}/`,
      `${FREE}/.SRCINFO`,
      `${FREE}/PKGBUILD`,
    ]);
    const pkgbuild = entries.find(({ header }) => header.name.endsWith("PKGBUILD"))?.data;
    expect(new TextDecoder().decode(pkgbuild)).toBe(await (await get(`/workers/${FREE}/PKGBUILD`)).text());
    expect(await bytes(path)).toEqual(await bytes(path));
  });

  it.each([
    `/cgit/aur.git/plain/LICENSE?h=${FREE}`,
    `/cgit/aur.git/plain/constructor?h=${FREE}`,
    "/cgit/aur.git/plain/PKGBUILD?h=cpu",
    "/cgit/aur.git/plain/PKGBUILD?h=homebrew-rbee",
    "/cgit/aur.git/snapshot/nothing.tar.gz",
    `/cgit/aur.git/snapshot/${FREE}.tar`,
    `/cgit/aur.git/log/?h=${FREE}`,
  ])("are not at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
