import { exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
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

const inJson = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
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
    ["aurutils", "/rpc/v5/info", form(`&arg[]=${FREE}&arg[]=${PREMIUM}`)],
    ["aurweb's own form", "/rpc/v5/info", inJson({ arg: [FREE, PREMIUM] })],
  ])("answers the request of %s for packages", async (_, path, init) => {
    const answer = answerOf("multiinfo", Info).parse(await json(path, init));
    expect(answer.resultcount).toBe(2);
    expect(answer.results.map(({ Name }) => Name)).toEqual([FREE, PREMIUM]);
    expect(answer.results.map(({ License }) => License)).toEqual([["GPL-3.0-or-later"], ["LicenseRef-rbee-premium"]]);
  });

  it.each([
    "/rpc/?v=5&type=search&by=name-desc&arg=rbee",
    "/rpc?v=5&type=search&arg=rbee",
    "/rpc/v5/search/rbee?by=name",
  ])("answers the search %s", async (path) => {
    const answer = answerOf("search", Summary.strict()).parse(await json(path));
    expect(answer.results.map(({ Name }) => Name)).toEqual(IDS);
  });

  it("answers a search in a body", async () => {
    const answer = await json("/rpc/v5/search", inJson({ by: "name", arg: "premium" }));
    expect(
      answerOf("search", Summary.strict())
        .parse(answer)
        .results.map(({ Name }) => Name),
    ).toContain(PREMIUM);
  });

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
      ["/rpc/v5/info", form("{")],
      ["/rpc/v5/info", inJson({ arg: { 1: 2 } })],
      ["/rpc/v5/search", inJson({ arg: 7, by: [] })],
      [`/rpc?v=5&type=info&arg[]=${FREE}&callback=show`, undefined],
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
    expect(await gunzipped("/users.gz")).toBe("\nrbee\n");
  });

  it("have a checksum, as sha256sum reads it", async () => {
    for (const name of ["packages", "pkgbase", "packages-meta-v1.json", "packages-meta-ext-v1.json", "users"]) {
      const sum = createHash("sha256")
        .update(await bytes(`/${name}.gz`))
        .digest("hex");
      expect(await (await get(`/${name}.gz.sha256`)).text()).toBe(`SHA256 (${name}.gz) = ${sum}\n`);
    }
  });

  it("are at most five minutes old by their date, because aurutils compares dates five minutes apart", async () => {
    const date = (await get("/packages.gz", { method: "HEAD" })).headers.get("Last-Modified") ?? "";
    const age = Date.now() - Date.parse(date);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(5 * 60_000 + 60_000);
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
    const found = (await json("/rpc?v=5&type=search&arg=rbee")) as { results: unknown };
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
    "/cgit/aur.git/log/?h=nothing",
    "/cgit/aur.git/tree/PKGBUILD",
  ])("are not at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("an address that helpers show to people", () => {
  it.each([
    [`/packages/${FREE}`, `/w/${FREE}`],
    [`/packages/${FREE}/`, `/w/${FREE}`],
    ["/packages/premium-cuda", "/w/llm-worker-rbee-premium-cuda"],
    [`/pkgbase/${PREMIUM}/`, `/w/${PREMIUM}`],
    [`/cgit/aur.git/?h=${FREE}`, `/w/${FREE}`],
    [`/cgit/aur.git/log/?h=${FREE}`, `/w/${FREE}`],
    [`/cgit/aur.git/log/PKGBUILD?h=${FREE}`, `/w/${FREE}`],
    [`/cgit/aur.git/tree/?h=${FREE}`, `/w/${FREE}`],
    [`/cgit/aur.git/tree/PKGBUILD?h=${FREE}`, `/w/${FREE}`],
    [`/cgit/aur.git/commit/?h=${FREE}&id=0a1b`, `/w/${FREE}`],
    ["/cgit/aur.git/", "/"],
    ["/packages", "/"],
    ["/packages/?O=0&SeB=nd&K=nvidia+gguf&PP=50", "/?q=nvidia+gguf"],
    [`/${FREE}.git`, `/w/${FREE}`],
    [`/${PREMIUM}/`, `/w/${PREMIUM}`],
    ["/homebrew-rbee.git", "/install"],
  ])("leads from %s to %s", async (path, page) => {
    const response = await get(path, { redirect: "manual" });
    expect([response.status, response.headers.get("Location")]).toEqual([303, page]);
    expect((await get(page, { headers: { Accept: "text/html" } })).status).toBe(200);
  });

  it.each(["/packages/nothing", "/pkgbase/nothing/", "/packages/constructor", "/nothing.git", "/nothing"])(
    "is not found at %s, as a page for a browser and a problem for a program",
    async (path) => {
      expect((await get(path)).headers.get("Content-Type")).toBe("application/problem+json");
      const page = await get(path.replace(/\/$/, ""), { headers: { Accept: "text/html" } });
      expect([page.status, page.headers.get("Content-Type")]).toEqual([404, "text/html; charset=utf-8"]);
    },
  );
});
