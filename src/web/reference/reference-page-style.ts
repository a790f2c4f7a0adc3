import palette from "../page/palette.css";

/** The style sheet of the reference page, served from our own path so that its policy can forbid everything inline. */
export const REFERENCE_STYLE = `
${palette}
:root {
  --get: light-dark(#0b6b4f, #6fd6ae);
  --post: light-dark(#1d4fb8, #8fb4ff);
  --delete: light-dark(#b3261e, #ff9d94);
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
a { color: var(--accent); text-underline-offset: .3em; }
:focus-visible { outline: .15rem solid var(--accent); outline-offset: .15rem; border-radius: .2rem; }
code, pre { font: .875em/1.5 ui-monospace, "Cascadia Code", Menlo, monospace; overflow-wrap: anywhere; }
pre code { font-size: 1em; }
pre { margin: .75rem 0; padding: .75rem 1rem; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; overflow-wrap: normal; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--raised); padding: .5rem 1rem; }
.layout { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1rem 6rem; }
h1 { font-size: 2rem; line-height: 1.15; margin: 0 0 .5rem; letter-spacing: -.02em; }
h2 { margin: 3.5rem 0 .25rem; padding-bottom: .4rem; border-bottom: 1px solid var(--line); font-size: 1.5rem; }
h3 { margin: 0; font-size: 1.125rem; }
h4 { margin: 1.25rem 0 .25rem; font-size: .875rem; color: var(--quiet); font-weight: 600; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet { color: var(--quiet); }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav a { display: block; padding: .3rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav li li a { color: var(--ink); font-size: .9rem; padding: .15rem 0; }
nav > ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
nav ul ul { display: none; }
article { margin: 2rem 0; padding: 1rem 1.25rem; background: var(--raised); border: 1px solid var(--line); border-radius: .75rem; }
article:target { border-color: var(--accent); }
article pre { background: var(--ground); }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
.endpoint { margin: .4rem 0 .75rem; font: .9375rem/1.5 ui-monospace, "Cascadia Code", Menlo, monospace; overflow-wrap: anywhere; }
.method { font-weight: 700; color: var(--post); }
.method.get { color: var(--get); }
.method.delete { color: var(--delete); }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; font-size: .8125rem; }
td:first-child code { white-space: nowrap; }
summary { cursor: pointer; padding: .25rem 0; }
dl { margin: .5rem 0; display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; min-width: 0; }
@media (min-width: 62rem) {
  .layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 3rem; padding-top: 2.5rem; }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 1rem .5rem; }
  nav > ul, nav ul ul { display: block; }
}
`;
