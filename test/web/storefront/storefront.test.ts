import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import { attachProvenance } from "../../../src/domain/releases/provenance/store.ts";
import { selectReleases } from "../../../src/domain/releases/store.ts";
import { workers } from "../../../src/domain/workers/workers.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { GUIDES } from "../../../src/web/guides/guides.ts";
import { find } from "../../support/html-document.ts";
import { expectLogged } from "../../support/logged.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { provenanceOf } from "../../support/provenance-text.ts";
import { publisher, publishRelease, randomBytes } from "../../support/publish-release.ts";
import { download, record } from "../../support/usage-fixture.ts";

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${path}`, {
    redirect: "manual",
    ...init,
    headers: { Accept: "text/html", ...init.headers },
  });

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const PAGES = ["/", "/?q=nothing+at+all", `/w/${FREE}`, `/w/${PREMIUM}`, "/plans", "/install", "/w/nope", "/nowhere"];

const Found = z.object({ workers: z.array(z.object({ id: z.string() })).nonempty() });

/** The ids of the workers on a page of the storefront. */
const shown = async (path: string): Promise<string[]> =>
  (await find(await ask(path), ".card h3 a")).map(({ attributes }) => (attributes["href"] ?? "").replace("/w/", ""));

/** The versions on a free worker's page, newest first, each with its badges. */
const versions = async (html: string): Promise<string[]> =>
  (await find(new Response(html), "article h3, article .badge")).map(({ text }) => text);

async function move(version: string, act: "yank" | "block"): Promise<void> {
  const [release] = await selectReleases(env.DB, "worker_id = ? AND version = ?", FREE, version);
  if (!release) throw new Error(`${version} was not published`);
  await moveRelease(env.DB, publisher(), release.id, act, "for a test");
  await publish(env, publishers, { topic: "manifest", key: FREE }, []);
}

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
  it("shows every worker, free workers first", async () => {
    expect(await shown("/")).toEqual(workers.map(({ id }) => id));
    const html = await (await ask("/")).text();
    for (const { description } of workers) expect(html).toContain(description);
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
    expect(await cards()).toEqual(shownWith({ [FREE]: "1.2.0", [PREMIUM]: "2.0.1" }));
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

describe("a worker's page", () => {
  it("redirects from the variant's name to one URL", async () => {
    const response = await ask("/w/premium-cpu");
    expect([response.status, response.headers.get("Location")]).toEqual([303, `/w/${PREMIUM}`]);
    expect((await ask("/w/%3Cscript%3E")).status).toBe(404);
    const [canonical] = await find(await ask(`/w/${FREE}`), "link[rel=canonical]");
    expect(canonical?.attributes["href"]).toBe(`https://catalog.test/w/${FREE}`);
  });

  it("shows versions with notes, files, checksums and signatures, and marks yanked and withdrawn ones", async () => {
    const hostile = "Faster.\n\n- <img src=x onerror=alert(1)>\n- `code`\n\n</p><script>alert(1)</script>";
    const bytes = randomBytes(2_500_000);
    const first = await publishRelease({ worker_id: FREE, version: "1.0.0" });
    await publishRelease({ worker_id: FREE, version: "1.1.0", notes: hostile, files: [{ bytes }] });
    await publishRelease({ worker_id: FREE, version: "2.0.0-beta.1" });
    const html = await (await ask(`/w/${FREE}`)).text();
    expect(html).not.toMatch(/<img|<script>/);
    expect(html).toContain("<li>&lt;img src=x");
    expect(html).toContain("<li><code>code</code></li>");
    const [file] = first.artifacts;
    expect(html).toContain(file?.sha256);
    expect(html).toContain("2.5 MB");
    expect(html).toContain(`href="/v1/workers/${FREE}/1.1.0/files/worker-linux-x86_64"`);
    expect(await versions(html)).toEqual(["2.0.0-beta.1", "beta", "1.1.0", "Latest", "1.0.0"]);
  });

  it("distinguishes a package from a binary, and links to provenance, keys and index", async () => {
    const signed = packageFile(FREE, "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE });
    const release = await publishRelease({
      worker_id: FREE,
      version: "1.0.0",
      files: [{ bytes: randomBytes(100) }, signed],
    });
    const links = async (section = "versions"): Promise<(string | undefined)[]> =>
      (await find(await ask(`/w/${FREE}`), `section[aria-labelledby=${section}] a`)).map(
        ({ attributes }) => attributes["href"],
      );
    const folder = `/v1/workers/${FREE}/1.0.0`;
    const checking = ["index.json", "index.json.minisig"].map((name) => `/v1/workers/${FREE}/${name}`);
    const files = [
      `${folder}/files/worker-linux-x86_64`,
      `${folder}/files/${signed.filename}`,
      `${folder}/files/${signed.filename}.sig`,
    ];
    expect(await links()).toEqual(files);
    expect(await links("verify")).toEqual([
      "/keys/release-signing.pub",
      "https://jedisct1.github.io/minisign/",
      ...checking,
    ]);
    const summaries = (await find(await ask(`/w/${FREE}`), "details.file summary")).map(({ text }) => text);
    expect(summaries).toEqual(["Linux, x86-64 100 bytes", "Linux, x86-64, pacman package 300 bytes"]);
    const text = new Uint8Array(new TextEncoder().encode(provenanceOf(...release.artifacts))).buffer;
    const { changeId } = await attachProvenance(env, configOf(env), publisher(), release.id, text);
    await publish(env, publishers, { topic: "manifest", key: FREE }, changeId === null ? [] : [changeId]);
    expect(await links()).toEqual([...files, `${folder}/provenance`]);
    expect((await ask(`${folder}/provenance`)).status).toBe(200);
  });

  it("marks yanked and withdrawn versions, and offers no file of a withdrawn one", async () => {
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) await publishRelease({ worker_id: FREE, version });
    await move("1.2.0", "block");
    await move("1.1.0", "yank");
    const html = await (await ask(`/w/${FREE}`)).text();
    expect(await versions(html)).toEqual(["1.2.0", "Withdrawn", "1.1.0", "Yanked", "1.0.0", "Latest"]);
    expect(html).not.toContain(`/v1/workers/${FREE}/1.2.0/files/`);
    expect(html).toContain(`/v1/workers/${FREE}/1.1.0/files/`);
  });

  it("is complete without versions and figures during an outage, and queries the ledger only for figures", async () => {
    const { default: worker } = await import("../../../src/index.ts");
    const { createExecutionContext, waitOnExecutionContext } = await import("cloudflare:test");
    const asked: string[] = [];
    const down = (name: string) =>
      new Proxy(Object.create(null), {
        get: () => () => {
          asked.push(name);
          throw new Error(`${name} is down`);
        },
      });
    const show = async (stores: Partial<Env>): Promise<void> => {
      for (const path of PAGES.slice(0, 6)) {
        const context = createExecutionContext();
        const request = new Request<unknown, IncomingRequestCfProperties>(`https://catalog.test${path}`);
        const response = await worker.fetch(request, { ...env, ...stores }, context);
        expect([path, response.status]).toEqual([path, 200]);
        expect((await response.text()).length).toBeGreaterThan(2000);
        await waitOnExecutionContext(context);
      }
    };
    await show({ DB: down("DB"), STATISTICS: down("STATISTICS") });
    // One query for each of the two workers.
    expect(asked).toEqual(["STATISTICS", "STATISTICS"]);
    await show({ DB: down("DB"), STATISTICS: down("STATISTICS"), EDGE: down("EDGE") });
    for (const event of ["edge.unreadable", "ledger.unreadable", "downloads.unreadable"]) expectLogged(event);
  });

  it("counts the downloads of 30 days, and queries them once a minute", async () => {
    const now = currentTime();
    const at = [0, 0, DAY, 28 * DAY, 31 * DAY];
    await record(...at.map((ago, index) => download(index, { worker_id: FREE, at: now - ago })));
    const html = await (await ask(`/w/${FREE}`)).text();
    expect(html).toContain("4 downloads in the last 30 days");
    expect(await find(new Response(html), "svg rect")).toHaveLength(30);
    const cells = await find(new Response(html), "[aria-label^='4 downloads'] tbody td");
    expect(cells.map(({ text }) => text)).toEqual(["1", "1", "2"]);
    await record(download("late", { worker_id: FREE, at: now }));
    expect(await (await ask(`/w/${FREE}`)).text()).toContain("4 downloads");
  });
});

describe("the files and data for search engines", () => {
  const Application = z.object({
    "@type": z.literal("SoftwareApplication"),
    name: z.string(),
    url: z.url(),
    softwareVersion: z.string().optional(),
    offers: z.array(z.object({ price: z.string(), priceCurrency: z.string() })),
  });

  it("describe each worker as an application with its offers", async () => {
    const [data] = await find(await ask(`/w/${FREE}`), "script[type='application/ld+json']");
    const application = Application.parse(JSON.parse(data?.text ?? ""));
    expect(application).toMatchObject({ name: "LLM Worker (CPU)", softwareVersion: "0.1.0" });
    expect(application.offers).toEqual([{ price: "0", priceCurrency: "USD" }]);
    await publishRelease({ worker_id: FREE, version: "1.2.0" });
    const [newer] = await find(await ask(`/w/${FREE}`), "script[type='application/ld+json']");
    expect(Application.parse(JSON.parse(newer?.text ?? "")).softwareVersion).toBe("1.2.0");
    // This environment sells nothing.
    const [premium] = await find(await ask(`/w/${PREMIUM}`), "script[type='application/ld+json']");
    expect(Application.parse(JSON.parse(premium?.text ?? "")).offers).toEqual([]);
  });

  it("list the public pages, and each exists and can be indexed", async () => {
    const robots = await (await ask("/robots.txt")).text();
    expect(robots).toContain("Sitemap: https://catalog.test/sitemap.xml");
    const sitemap = await (await ask("/sitemap.xml")).text();
    const places = [...sitemap.matchAll(/<loc>https:\/\/catalog\.test([^<]*)<\/loc>/g)].map(([, path = ""]) => path);
    expect(places).toHaveLength(4 + GUIDES.length + workers.length);
    for (const path of places) {
      const response = await ask(path);
      expect(response.status).toBe(200);
      const html = await response.text();
      expect(html).not.toContain("noindex");
      const [description] = await find(new Response(html), "meta[name=description]");
      expect(description?.attributes["content"]?.length).toBeGreaterThan(40);
    }
    expect(await (await ask("/checkout/cancelled")).text()).toContain('content="noindex"');
  });
});
