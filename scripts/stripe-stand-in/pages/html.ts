/** Escapes text for HTML and for quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f6f8fa; color: #1a1f36; }
main { max-width: 30rem; margin: 3rem auto; padding: 2rem; background: #fff; border-radius: 8px; box-shadow: 0 2px 12px #0001; }
aside { background: #635bff; color: #fff; padding: .4rem 1rem; text-align: center; font-size: .875rem; }
h1 { font-size: 1.25rem; margin-top: 0; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; font-size: .875rem; }
input, select { width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; border: 1px solid #cfd7df; border-radius: 4px; }
button { font: inherit; width: 100%; margin-top: .75rem; padding: .6rem; border: 1px solid #cfd7df; border-radius: 4px; background: #fff; cursor: pointer; }
button.primary { background: #635bff; border-color: #635bff; color: #fff; }
table { width: 100%; border-collapse: collapse; } td { padding: .25rem 0; } td:last-child { text-align: right; }
.error { color: #b3093c; } .notice { color: #0b6b3a; } section { border-top: 1px solid #e3e8ee; margin-top: 1.5rem; padding-top: 1rem; }
`;

/** A complete page with a notice that no money moves. `body` is HTML. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
<aside>Local Stripe stand-in: no money moves here.</aside>
<main>
${body}
</main>
</body>
</html>
`;

/** The answer of a page: HTML or a redirect. */
export type PageAnswer = { status: number; html: string } | { status: 303; location: string };
