import { PAGE_PALETTE } from "./page-palette.ts";

/** The style sheet of the pages that a customer sees, served from our own path so that nothing inline is needed. */
export const PAGE_STYLE = `
:root {${PAGE_PALETTE}
  --on-accent: light-dark(#ffffff, #1d1300);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4rem) 1.25rem 4rem; }
a { color: var(--accent); text-underline-offset: .3em; }
:focus-visible { outline: .15rem solid var(--accent); outline-offset: .15rem; border-radius: .2rem; }
.brand { margin: 0 0 2rem; color: var(--quiet); font-weight: 600; }
h1 { margin: 0 0 1rem; font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; }
p { margin: .75rem 0; }
.quiet { color: var(--quiet); }
section { margin: 1.5rem 0; padding: 1.25rem; background: var(--raised); border: 1px solid var(--line); border-radius: .75rem; }
label { display: block; font-weight: 600; margin-bottom: .35rem; }
input { width: 100%; padding: .65rem .8rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: .5rem; }
button, .button { display: inline-block; margin-top: 1rem; padding: .65rem 1.2rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: .5rem; cursor: pointer; text-decoration: none; }
button:hover, .button:hover { filter: brightness(1.08); }
code, pre { font: .9375rem/1.5 ui-monospace, "Cascadia Code", Menlo, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: .75rem 0; padding: .75rem 1rem; background: var(--ground); border: 1px solid var(--line); border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.key { user-select: all; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .75rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; min-width: 0; }
`;
