import { describe, expect, it } from "vitest";
import * as z from "zod";
import { workers } from "../../../src/domain/workers/workers.ts";
import { askPage as ask } from "../../support/ask-page.ts";
import { find } from "../../support/html-document.ts";
import { publishRelease } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const PAGES = ["/", "/?q=nothing+at+all", `/w/${FREE}`, `/w/${PREMIUM}`, "/plans", "/install", "/w/nope", "/nowhere"];

const Found = z.object({ workers: z.array(z.object({ id: z.string() })).nonempty() });

/** The ids of the workers on a page of the storefront. */
const shown = async (path: string): Promise<string[]> =>
  (await find(await ask(path), ".card h3 a")).map(({ attributes }) => (attributes["href"] ?? "").replace("/w/", ""));

describe("every public page", () => {
  it.each(PAGES)("%s is HTML that is not cacheable and loads nothing from another origin", async (path) => {
    const response = await ask(path);
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'; style-src 'self';");
    expect(response.headers.get("Referrer-Policy")).toBe("same-origin");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const html = await response.text();
    expect(html).not.toMatch(/ style=|<style| on[a-z]+="/);
    const addresses = [
      ...html.matchAll(/<(?:link rel="(?:icon|stylesheet)"|script|img)[^>]*? (?:href|src)="([^"]*)"/g),
    ];
    expect(addresses.length).toBeGreaterThan(2);
    for (const [, address] of addresses) expect(address).toMatch(/^\/page\//);
  });

  it.each(PAGES)("%s is accessible: one heading, landmarks, unique ids and labeled inputs", async (path) => {
    const html = await (await ask(path)).text();
    const one = async (selector: string) => find(new Response(html), selector);
    expect(await one("h1")).toHaveLength(1);
    expect((await one("html"))[0]?.attributes["lang"]).toBe("en");
    expect((await one("a.skip"))[0]?.attributes["href"]).toBe("#main");
    expect(await one("main#main")).toHaveLength(1);
    expect((await one("title"))[0]?.text).toMatch(/ · rbee workers$/);
    const ids = (await one("[id]")).map(({ attributes }) => attributes["id"]);
    expect(new Set(ids).size).toBe(ids.length);
    const inputs = (await one("input:not([type=hidden]), select, textarea")).map(({ attributes }) => attributes["id"]);
    const labels = (await one("label")).map(({ attributes }) => attributes["for"]);
    expect(labels).toEqual(inputs);
  });

  it.each(["/page/style.css", "/page/script.js", "/page/icon.svg"])("%s exists", async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toContain("public");
    expect(await response.text()).not.toMatch(/https?:\/\/(?!www\.w3\.org)|@import/);
  });
});

describe("the storefront", () => {
  it("begins with the install script once a binary is released, and says before that there is none", async () => {
    const linux = async () => (await find(await ask("/"), ".on-linux"))[0]?.text.trim();
    expect(await linux()).toContain("Not yet. Nothing that installs on Linux is released.");
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    expect(await linux()).toContain("curl -fsSL https://catalog.test/install.sh | sh");
    expect(await find(await ask("/?tier=free"), ".systems")).toEqual([]);
  });

  it("compares free and premium workers of the kinds that both tiers have", async () => {
    const rows = await find(await ask("/"), "section[aria-labelledby=premium] tbody th");
    expect(rows.map(({ text }) => text)).toContain("Ready to run");
    const systems = await find(await ask("/"), "section[aria-labelledby=premium] td[data-column=Free]");
    expect(systems.map(({ text }) => text)).toContain("CPU, CUDA, Metal, ROCm");
  });

  it("shows every worker by tier and kind, and those that nobody can have yet last", async () => {
    const ids = workers.map(({ id }) => id);
    const premium = ids.filter((id) => id.includes("premium"));
    const free = ids.filter((id) => !premium.includes(id));
    expect(await shown("/")).toEqual([...free, ...premium]);
    const html = await (await ask("/")).text();
    for (const { description } of workers) expect(html).toContain(description);
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0" });
    expect(await shown("/")).toEqual([...premium, ...free]);
  });

  it("weighs less than 20 KiB", async () => {
    const html = await (await ask("/")).arrayBuffer();
    expect(html.byteLength).toBeLessThan(20 * 1024);
  });

  it("shows the version of each worker that can be had, and the others as coming soon", async () => {
    const cards = async () => {
      const badges = await find(await ask("/"), ".card .version, .card .badge.plain");
      return badges.map(({ text }) => text);
    };
    const shownWith = (released: Record<string, string>) =>
      workers.map(({ id, tier, version }) => {
        return released[id] ?? (tier === "free" ? `${version}, built from source` : "Coming soon");
      });
    expect(await cards()).toEqual(shownWith({}));
    await publishRelease({ worker_id: FREE, version: "1.2.0" });
    await publishRelease({ worker_id: FREE, version: "1.3.0-rc.1" });
    await publishRelease({ worker_id: PREMIUM, version: "2.0.1" });
    expect((await cards()).toSorted()).toEqual(shownWith({ [FREE]: "1.2.0", [PREMIUM]: "2.0.1" }).toSorted());
  });

  it.each(["?q=nvidia", "?tier=premium&backend=metal", "?platform=windows", "?q=&platform=&arch=&backend=&tier=free"])(
    "searches by URL as GET /v1/workers does: %s",
    async (query) => {
      const { workers: found } = Found.parse(await (await ask(`/v1/workers${query}`)).json());
      expect(await shown(`/${query}`)).toEqual(found.map(({ id }) => id));
    },
  );

  it("keeps the search in the form, and has a hint if nothing matches", async () => {
    const path = "/?q=vulkan&platform=linux&backend=cuda";
    const [input] = await find(await ask(path), "input[name=q]");
    expect(input?.attributes["value"]).toBe("vulkan");
    const chosen = await find(await ask(path), "option[selected]");
    expect(chosen.map(({ attributes }) => attributes["value"])).toEqual(["linux", "cuda", "", ""]);
    expect(await (await ask(path)).text()).toContain("No workers match these filters");
  });

  it("combines filters, and removes each by a link of its own", async () => {
    const path = "/?q=gguf&platform=linux&arch=x86_64&backend=cuda&tier=free";
    expect(await shown(path)).toEqual(["llm-worker-rbee-cuda"]);
    const links = (await find(await ask(path), ".conditions a")).map(({ attributes }) =>
      attributes["href"]?.replaceAll("&amp;", "&"),
    );
    expect(links).toEqual([
      "/?platform=linux&arch=x86_64&backend=cuda&tier=free",
      "/?q=gguf&arch=x86_64&backend=cuda&tier=free",
      "/?q=gguf&platform=linux&backend=cuda&tier=free",
      "/?q=gguf&platform=linux&arch=x86_64&tier=free",
      "/?q=gguf&platform=linux&arch=x86_64&backend=cuda",
      "/",
    ]);
    const [arch] = await find(await ask(path), "input[name=arch]");
    expect(arch?.attributes["value"]).toBe("x86_64");
  });

  it("escapes the search", async () => {
    const hostile = `"><script>alert(1)</script>`;
    const html = await (await ask(`/?q=${encodeURIComponent(hostile)}`)).text();
    expect(html).not.toContain("<script>alert");
    expect(html).toContain("&lt;script&gt;alert");
  });

  it("shows the fault of a URL as a page to people, and as a problem to programs", async () => {
    const page = await ask("/?backend=vulkan");
    expect([page.status, page.headers.get("Content-Type")]).toEqual([422, "text/html; charset=utf-8"]);
    const problem = await ask("/?backend=vulkan", { headers: { Accept: "application/json" } });
    expect([problem.status, problem.headers.get("Content-Type")]).toEqual([422, "application/problem+json"]);
    for (const path of ["/workers/nope", "/v1/workers/nope", "/v1/nothing"]) {
      expect((await ask(path)).headers.get("Content-Type")).toBe("application/problem+json");
    }
  });

  it("does not change GET /workers, which is JSON for every client", async () => {
    for (const Accept of ["text/html", "*/*", "application/json"]) {
      expect((await ask("/workers", { headers: { Accept } })).headers.get("Content-Type")).toBe("application/json");
    }
  });
});
