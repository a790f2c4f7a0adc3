/** The sheets as one, without comments and indents. A line break stays a blank, because a selector may need it. */
export const styleSheet = (sheets: readonly string[]): string =>
  sheets
    .join("\n")
    .replaceAll(/\/\*.*?\*\//gs, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,]) /g, "$1")
    .trim();
