import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { PROBLEMS } from "../../../src/platform/http/problem.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";
import { groupPage } from "../../../src/web/reference/group-page.tsx";
import {
  groupPath,
  groupsOf,
  objectsPath,
  operationPath,
  operationsOf,
} from "../../../src/web/reference/operations.ts";
import { LANGUAGE_NAMES } from "../../../src/web/reference/samples/language.ts";

const get = (path: string) => exports.default.fetch(`https://catalog.test${path}`);
const textOf = async (path: string) => (await get(path)).text();

/** The values of an attribute in a page, in order. */
async function attributes(html: string, selector: string, name: string): Promise<string[]> {
  const values: string[] = [];
  const rewriter = new HTMLRewriter().on(selector, { element: (e) => void values.push(e.getAttribute(name) ?? "") });
  await rewriter.transform(new Response(html)).text();
  return values;
}

const document = apiDescription(await app.whole(), "https://catalog.test");
const groups = groupsOf(document);
/** The pages of objects. A group whose operations take and answer none has no such page. */
const OBJECTS: string[] = [];
for (const path of groups.map(objectsPath)) if ((await get(path)).status === 200) OBJECTS.push(path);
const PATHS = ["/docs", ...groups.map(groupPath), ...OBJECTS];

describe("/docs", () => {
  it("shows every operation in the page of its group", async () => {
    const shown: string[] = [];
    for (const group of groups) {
      const html = await textOf(groupPath(group));
      shown.push(...(await attributes(html, "article[id], .fields > div[id]", "id")));
    }
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(shown.sort()).toEqual(ids.sort());
  });

  it("lists every operation of the API, and every problem code, under the anchors of the former single page", async () => {
    const html = await textOf("/docs");
    const ids = await attributes(html, "[id]", "id");
    expect(ids).toContain("post-v1-licenses-activate");
    expect(ids).toContain("admin-licenses");
    for (const code of Object.keys(PROBLEMS)) expect(ids).toContain(`problem-${code}`);
    const links = await attributes(html, ".docs-main .operations a", "href");
    const expected = groups
      .filter(({ name }) => name !== "Pages")
      .flatMap((group) => group.operations.map((placed) => operationPath(group, placed)));
    expect(links).toEqual(expected);
  });

  it("has no dead link and no duplicate anchor", async () => {
    const anchors = new Map<string, Set<string>>();
    const links: [page: string, href: string][] = [];
    for (const path of PATHS) {
      const html = await textOf(path);
      const ids = await attributes(html, "[id]", "id");
      expect([path, ids.filter((id, index) => ids.indexOf(id) !== index)]).toEqual([path, []]);
      anchors.set(path, new Set(ids));
      const hrefs = await attributes(html, "main a", "href");
      links.push(...hrefs.map((href): [string, string] => [path, href]));
    }
    const statuses = new Map<string, number>();
    for (const [page, href] of links) {
      const { pathname, hash, origin } = new URL(href, `https://catalog.test${page}`);
      if (origin !== "https://catalog.test") continue;
      if (hash !== "") expect([page, href, anchors.get(pathname)?.has(hash.slice(1))]).toEqual([page, href, true]);
      if (!statuses.has(pathname)) statuses.set(pathname, (await get(pathname)).status);
      expect([href, statuses.get(pathname)]).toEqual([href, 200]);
    }
  });

  it("has samples in four languages, the first one without a parameter", async () => {
    const samples = new Set<string>();
    for (const language of LANGUAGE_NAMES) {
      const html = await textOf(`/docs/licensing?lang=${language}`);
      samples.add(html.slice(html.indexOf('id="sample-activateMachine"')).split("</code>")[0] ?? "");
      expect(await attributes(html, "#activateMachine .languages a[aria-current]", "href")).toEqual([
        `/docs/licensing${language === "curl" ? "" : `?lang=${language}`}#activateMachine`,
      ]);
    }
    expect(samples.size).toBe(4);
    expect(await textOf("/docs/licensing?lang=curl")).toBe(await textOf("/docs/licensing"));
  });

  it("weighs less than 100 KiB with its style sheets and script", async () => {
    const files = ["/page/style.css", "/page/script.js", "/docs/style.css"];
    const shared = await Promise.all(files.map(async (path) => (await textOf(path)).length));
    const weight = shared.reduce((sum, one) => sum + one, 0);
    const pages = PATHS.flatMap((path) =>
      path === "/docs" || path.endsWith("/objects")
        ? [path]
        : LANGUAGE_NAMES.map((language) => `${path}?lang=${language}`),
    );
    const heavy: [string, number][] = [];
    for (const path of [...pages, "/docs/problems", "/docs?q=license"]) {
      const size = (await (await get(path)).arrayBuffer()).byteLength + weight;
      if (size >= 100 * 1024) heavy.push([path, size]);
    }
    expect(heavy).toEqual([]);
  });

  it("loads only files of its own origin", async () => {
    for (const path of PATHS) {
      const html = await textOf(path);
      expect(await attributes(html, "link[rel=stylesheet]", "href")).toEqual(["/page/style.css", "/docs/style.css"]);
      expect(await attributes(html, "script", "src")).toEqual(["/page/script.js"]);
      expect(await attributes(html, "iframe, style, [style], [onclick]", "src")).toEqual([]);
    }
    const style = await get("/docs/style.css");
    expect(style.headers.get("Content-Type")).toBe("text/css; charset=utf-8");
    expect(await style.text()).not.toMatch(/url\(|@import/);
  });

  it("answers 304 to a client with the current version", async () => {
    for (const path of ["/docs", "/docs/licensing", "/docs/problems/KEY_INVALID", "/docs/style.css"]) {
      const { headers } = await get(path);
      expect([path, headers.get("Cache-Control")]).toEqual([path, "public, max-age=60"]);
      const again = await exports.default.fetch(`https://catalog.test${path}`, {
        headers: { "If-None-Match": headers.get("ETag") ?? "" },
      });
      expect([path, again.status]).toEqual([path, 304]);
    }
  });

  it("answers 404 for a group that it does not have", async () => {
    expect((await get("/docs/no-such-group")).status).toBe(404);
  });

  it("escapes any description", async () => {
    const hostile = '<script>alert("`x`")</script>';
    const paths = {
      "/x": { get: { operationId: "x", tags: ["Service"], summary: hostile, description: hostile, responses: {} } },
    };
    const made = await groupPage({ ...document, paths }, "service", "curl", "https://catalog.test");
    const html = (await made?.text()) ?? "";
    expect(await attributes(html, "script", "src")).toEqual(["/page/script.js"]);
    expect(html).toContain("&lt;script&gt;");
  });
});

describe("the search of /docs", () => {
  it("finds operations by the words of their names, and problem codes", async () => {
    const html = await textOf("/docs?q=post+verifytoken");
    const found = await attributes(html, ".docs-main .operations a", "href");
    expect(found).toEqual(["/docs/licensing#verifyToken"]);
    const codes = await attributes(await textOf("/docs?q=machine"), ".docs-main .codes a", "href");
    expect(codes).toContain("/docs/problems/MACHINE_LIMIT_REACHED");
  });

  it("says how to continue if nothing matches, and is not for search engines", async () => {
    const html = await textOf("/docs?q=%3Cb%3Enothing");
    expect(html).toContain("No operation matches");
    expect(html).not.toContain("<b>nothing");
    expect(await attributes(html, "meta[name=robots]", "content")).toEqual(["noindex"]);
  });

  it("without words is the first page", async () => {
    expect(await textOf("/docs?q=")).toBe(await textOf("/docs"));
  });
});
