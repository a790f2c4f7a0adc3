import { html } from "hono/html";

/** A part of a mail's body: a paragraph, a key or command to copy, a link on a line of its own, or lines in small. */
export type Block = string | { code: string } | Link | { small: readonly (string | Link)[] };

type Link = { link: string; label: string };

/** The content of a mail, without its looks. */
export type Letter = { subject: string; blocks: Block[] };

export type RenderedMail = { subject: string; text: string; html: string };

/** The longest subject. */
const MAX_SUBJECT = 200;

const CODE_STYLE =
  "display:block;margin:12px 0;padding:12px;border:1px solid #8888;border-radius:6px;" +
  "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere";

const SMALL_STYLE = "margin:24px 0 12px;padding-top:12px;border-top:1px solid #8888;font-size:14px";

/**
 * Renders a letter as plain text and as HTML with the same content. The HTML follows the reader's light or dark theme
 * because it sets no color for text or background. It loads nothing and escapes every value. The subject is one line,
 * because it becomes a header.
 */
export async function renderLetter({ subject, blocks }: Letter): Promise<RenderedMail> {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${oneLine(subject)}</title>
</head>
<body style="margin:0 auto;padding:24px;max-width:600px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5">
${blocks.map((block) =>
  typeof block === "string"
    ? html`<p style="margin:12px 0">${block}</p>
`
    : "code" in block
      ? html`<code style="${CODE_STYLE}">${block.code}</code>
`
      : "small" in block
        ? html`<p style="${SMALL_STYLE}">${block.small.map((line) => html`${smallLine(line)}<br>`)}</p>
`
        : html`<p style="margin:12px 0"><a href="${block.link}">${block.label}</a></p>
`,
)}</body>
</html>
`;
  return { subject: oneLine(subject), text: plainText(blocks), html: String(await document) };
}

const smallLine = (line: string | Link) =>
  typeof line === "string" ? line : html`${line.label}: <a href="${line.link}">${line.link}</a>`;

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_SUBJECT);

function plainText(blocks: Block[]): string {
  const parts = blocks.map((block) => {
    if (typeof block === "string") return block;
    if ("code" in block) return indent(block.code);
    if (!("small" in block)) return `${block.label}:\n${block.link}`;
    return ["--", ...block.small.map((line) => (typeof line === "string" ? line : `${line.label}: ${line.link}`))].join(
      "\n",
    );
  });
  return `${parts.join("\n\n")}\n`;
}

const indent = (code: string): string =>
  code
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
