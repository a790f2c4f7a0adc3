import type { PublishedWorker } from "../../domain/catalog/published-workers.ts";
import type { Revision } from "../git/history.ts";
import { formulaOf } from "./formula.ts";

/** The tap's repository: what `brew tap rbee/rbee <address>` clones. */
export const TAP = "homebrew-rbee";

/**
 * What the tap holds, and for which versions: a formula for every worker that runs on macOS alone and can be installed from
 * the catalog at the origin `catalogUrl`, and a guide to them.
 */
export function tapContents(published: readonly PublishedWorker[], catalogUrl: string): Omit<Revision, "at"> {
  const formulas = published
    .filter(({ worker }) => worker.operatingSystems.every((system) => system === "macos"))
    .flatMap((one) => {
      const text = formulaOf(one, catalogUrl);
      return text === null ? [] : [{ ...one.worker, text }];
    });
  const guide = `# rbee's workers for Homebrew

\`\`\`sh
brew tap rbee/rbee ${catalogUrl}/${TAP}.git
${formulas.map(({ id }) => `brew install rbee/rbee/${id}`).join("\n")}
\`\`\`

What is sold needs a license: set \`HOMEBREW_RBEE_LICENSE_TOKEN\` to its key or token.
`;
  return {
    message: formulas.map(({ id, version }) => `${id} ${version}`).join(", "),
    files: {
      "README.md": guide,
      ...Object.fromEntries(formulas.map(({ id, text }) => [`Formula/${id}.rb`, text])),
    },
  };
}
