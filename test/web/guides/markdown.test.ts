import { describe, expect, it } from "vitest";
import { GUIDES } from "../../../src/web/guides/guides.ts";
import { renderGuide } from "../../../src/web/guides/markdown.ts";
import { GUIDE_TEXTS } from "../../../src/web/guides/texts.ts";

const URL = "https://shop.example";
const bodyOf = (text: string): string => renderGuide(`# Title\n\nSummary.\n\n${text}\n`, URL).html;

describe("a guide", () => {
  it("has its first heading and paragraph as title and summary, without markup", () => {
    expect(renderGuide("# The `key`\n\nA *short* [text](x.md) of\ntwo lines.\n\nMore.\n", URL)).toMatchObject({
      title: "The key",
      summary: "A short text of two lines.",
      html: "<p>More.</p>\n",
    });
  });

  it("is refused without a heading or a paragraph in front", () => {
    expect(() => renderGuide("Text.\n", URL)).toThrow("begins with a heading");
    expect(() => renderGuide("# Title\n\n- item\n", URL)).toThrow("begins with a heading");
  });

  it("names its sections by the ids that GitHub gives them", () => {
    const { html, sections } = renderGuide("# T\n\nS.\n\n## If it's `late`, wait\n\nText.\n", URL);
    expect(sections).toEqual([{ id: "if-its-late-wait", text: "If it's late, wait" }]);
    expect(html).toContain('<h2 id="if-its-late-wait">');
  });

  it("shows the commands of this catalog, each with a button that copies it", () => {
    const html = bodyOf("```sh\ncurl https://catalog.rbee.dev/install.sh | sh -s -- <WORKER>\n```");
    expect(html).toContain('<code id="code-1">curl https://shop.example/install.sh | sh -s -- &lt;WORKER&gt;</code>');
    expect(html).toContain('data-copy="code-1"');
  });

  it("links to other guides and to pages of this catalog by their paths, and to other hosts as written", () => {
    expect(bodyOf("[a](five-minutes.md#run-it)")).toContain('href="/guides/five-minutes#run-it"');
    expect(bodyOf("[a](https://catalog.rbee.dev/plans)")).toContain('href="/plans"');
    expect(bodyOf("[a](https://catalog.rbee.dev)")).toContain('href="/"');
    expect(bodyOf("[a](https://example.com/x?a=1&b=2)")).toContain('href="https://example.com/x?a=1&amp;b=2"');
  });

  it("shows HTML as text", () => {
    expect(bodyOf("A <b>word</b>.\n\n<script>alert(1)</script>")).not.toMatch(/<b>|<script/);
  });

  it("puts each table into a part that scrolls by itself", () => {
    expect(bodyOf("| a | b |\n|---|---|\n| 1 | 2 |")).toMatch(
      /<section class="scroll"[^>]*><table>[\s\S]*<\/table><\/section>/,
    );
  });
});

describe.each(GUIDES)("the guide $slug", ({ slug }) => {
  const guide = renderGuide(GUIDE_TEXTS[slug], URL);

  it("has a title, a summary that a search engine shows whole, and sections", () => {
    expect(guide.title.length).toBeLessThan(70);
    expect(guide.summary.length).toBeGreaterThan(60);
    expect(guide.summary.length).toBeLessThan(260);
    expect(guide.sections.length).toBeGreaterThan(3);
  });

  it("links to guides that exist, and names no file that the site does not serve", () => {
    const slugs: string[] = GUIDES.map((one) => one.slug);
    const targets = [...guide.html.matchAll(/href="\/guides\/([\w-]+)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !slugs.includes(target))).toEqual([]);
    expect(guide.html).not.toMatch(/href="[^"]*\.md["#]/);
    expect(guide.html).not.toContain("catalog.rbee.dev");
  });
});
