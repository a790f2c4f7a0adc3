import { Marked, type Tokens } from "marked";
import { guidePath, SAMPLE_ORIGIN } from "./guides.ts";

/** A heading of the second level: the id of its element, and its text. */
export type GuideSection = { id: string; text: string };

/** A guide that is ready to be shown. `summary` is its first paragraph as plain text. */
export type RenderedGuide = { title: string; summary: string; html: string; sections: GuideSection[] };

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? char);

/** The id of a heading, as GitHub makes it, so that a link works in the repository and on the page. */
const headingId = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** The address of a link on the page: another guide by its path, our own pages without their origin. */
function pageHref(href: string): string {
  const guide = /^([\w-]+)\.md(#.*)?$/.exec(href);
  if (guide) return guidePath(guide[1] ?? "") + (guide[2] ?? "");
  return href === SAMPLE_ORIGIN ? "/" : href.startsWith(`${SAMPLE_ORIGIN}/`) ? href.slice(SAMPLE_ORIGIN.length) : href;
}

/** Plain text of an inline Markdown text: without emphasis, backticks and the targets of links. */
const plainText = (markdown: string): string =>
  markdown
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*`]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/**
 * The page of a guide from its Markdown, for the catalog at `catalogUrl`. The first heading and the first paragraph are
 * the title and the summary, and are not part of `html`. HTML in the text is shown as text. Throws if the text does not
 * begin with a heading and a paragraph; that is a bug of a guide, and a test reads each.
 */
export function renderGuide(markdown: string, catalogUrl: string): RenderedGuide {
  const sections: GuideSection[] = [];
  let blocks = 0;
  let tables = 0;
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading): string {
        const id = headingId(text);
        if (depth === 2) sections.push({ id, text: plainText(text) });
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      code({ text }: Tokens.Code): string {
        const id = `code-${++blocks}`;
        const button = `<button type="button" data-copy="${id}" aria-live="polite" hidden>Copy<span class="unseen"> code ${blocks}</span></button>`;
        return `<div class="copy"><pre><code id="${id}">${escapeHtml(text)}</code></pre>${button}</div>\n`;
      },
      html: ({ text }: Tokens.HTML | Tokens.Tag): string => escapeHtml(text),
      link({ href, tokens }: Tokens.Link): string {
        return `<a href="${escapeHtml(pageHref(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  const [heading, ...rest] = marked.lexer(markdown).filter(({ type }) => type !== "space");
  const [summary, ...body] = rest;
  if (heading?.type !== "heading" || summary?.type !== "paragraph") {
    throw new Error("A guide begins with a heading and a paragraph.");
  }
  // Scrolls a wide table by itself, also by keyboard.
  const html = marked
    .parser(body)
    .replaceAll("<table>", () => `<section class="scroll" aria-label="Table ${++tables}" tabindex="0"><table>`)
    .replaceAll("</table>", "</table></section>")
    .replaceAll(SAMPLE_ORIGIN, () => escapeHtml(catalogUrl));
  return { title: plainText(String(heading["text"])), summary: plainText(String(summary["text"])), html, sections };
}
