/** The colors that every page of this service shares, light and dark: the contents of a CSS rule. */
export const PAGE_PALETTE = `
  color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #16171a);
  --raised: light-dark(#ffffff, #1e2024);
  --ink: light-dark(#1d1e22, #e8e6e1);
  --quiet: light-dark(#5d6068, #a2a5ad);
  --line: light-dark(#cfcbc3, #44474e);
  --accent: light-dark(#9a4a00, #ffb366);`;
