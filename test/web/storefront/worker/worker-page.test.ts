import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { moveRelease } from "../../../../src/domain/releases/act.ts";
import { attachProvenance } from "../../../../src/domain/releases/provenance/store.ts";
import { selectReleases } from "../../../../src/domain/releases/store.ts";
import { currentTime, DAY } from "../../../../src/lib/time.ts";
import { configOf } from "../../../../src/platform/config/config.ts";
import { publish } from "../../../../src/platform/storage/settle.ts";
import { publishers } from "../../../../src/service.ts";
import { askPage as ask } from "../../../support/ask-page.ts";
import { find } from "../../../support/html-document.ts";
import { expectLogged } from "../../../support/logged.ts";
import { PGP_SIGNATURE, packageFile } from "../../../support/package-fixture.ts";
import { provenanceOf } from "../../../support/provenance-text.ts";
import { publisher, publishRelease, randomBytes } from "../../../support/publish-release.ts";
import { download, record } from "../../../support/usage-fixture.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const PAGES = ["/", "/?q=nothing+at+all", `/w/${FREE}`, `/w/${PREMIUM}`, "/plans", "/install", "/w/nope", "/nowhere"];

/** The versions on a free worker's page, newest first, each with its badges. */
const versions = async (html: string): Promise<string[]> =>
  (await find(new Response(html), "article h3, article .badge")).map(({ text }) => text);

async function move(version: string, act: "yank" | "block"): Promise<void> {
  const [release] = await selectReleases(env.DB, "worker_id = ? AND version = ?", FREE, version);
  if (!release) throw new Error(`${version} was not published`);
  await moveRelease(env.DB, publisher(), release.id, act, "for a test");
  await publish(env, publishers, { topic: "manifest", key: FREE }, []);
}

describe("a worker's page", () => {
  it("redirects from the variant's name to one URL", async () => {
    const response = await ask("/w/premium-cpu");
    expect([response.status, response.headers.get("Location")]).toEqual([303, `/w/${PREMIUM}`]);
    expect((await ask("/w/%3Cscript%3E")).status).toBe(404);
    const [canonical] = await find(await ask(`/w/${FREE}`), "link[rel=canonical]");
    expect(canonical?.attributes["href"]).toBe(`https://catalog.test/w/${FREE}`);
  });

  it("has the README of the worker's family, its requirements and a comparison with its counterpart", async () => {
    const html = await (await ask(`/w/${PREMIUM}`)).text();
    const headings = (await find(new Response(html), "h2")).map(({ text }) => text);
    const main = headings.slice(0, headings.indexOf("rbee workers"));
    expect(main).toEqual(["Install", "About this worker", "Requirements", "Facts", "Free or premium?"]);
    expect((await find(new Response(html), "section[aria-labelledby=readme] h3")).map(({ text }) => text)).toContain(
      "Limits",
    );
    const [other] = await find(new Response(html), "section[aria-labelledby=compared] .part-head a");
    expect(other?.attributes["href"]).toBe(`/w/${FREE}`);
    // No premium worker makes images.
    expect(await find(await ask("/w/sd-worker-rbee-cpu"), "section[aria-labelledby=compared]")).toEqual([]);
  });

  it("leads the buyer of a premium worker to the plans, which learn its id, and never sells a free one", async () => {
    const [link] = await find(await ask(`/w/${PREMIUM}`), "a[href^='/plans?']");
    expect(link?.attributes["href"]).toBe(`/plans?worker=${PREMIUM}`);
    expect((await ask(link?.attributes["href"] ?? "")).status).toBe(200);
    expect(await (await ask(`/w/${PREMIUM}`)).text()).toContain("Not released yet. Your license will include it.");
    expect(await find(await ask(`/w/${FREE}`), "a[href^='/plans?']")).toEqual([]);
  });

  it("begins with the ways of the visitor's system, or of the first one where the worker can be installed", async () => {
    const shownTo = async (platform: string, path: string) => {
      const response = await ask(path, { headers: { "Sec-CH-UA-Platform": `"${platform}"` } });
      return (await find(response, "input[name=system][checked]")).map(({ attributes }) => attributes["value"]);
    };
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    expect(await shownTo("Windows", `/w/${FREE}`)).toEqual(["windows"]);
    expect(await shownTo("macOS", `/w/${FREE}`)).toEqual(["linux"]);
    expect(await shownTo("Windows", "/w/llm-worker-rbee-metal")).toEqual(["macos"]);
    expect(await shownTo("macOS", "/")).toEqual(["macos"]);
    expect(await shownTo("Windows", "/install")).toEqual(["windows"]);
  });

  it("folds versions older than the newest two, but never the latest stable one", async () => {
    for (const version of ["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0-rc.2"]) {
      await publishRelease({ worker_id: FREE, version });
    }
    const folded = await find(await ask(`/w/${FREE}`), "section[aria-labelledby=versions] details:not(.file) h3");
    expect(folded.map(({ text }) => text)).toEqual(["1.0.0"]);
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
    const { default: worker } = await import("../../../../src/index.ts");
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
