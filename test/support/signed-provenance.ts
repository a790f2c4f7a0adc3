import { inject } from "vitest";
import { statementOf } from "./provenance-text.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A POST of `{statement, identity}` to this URL is answered with a signed bundle and the root to trust. */
    sigstoreDesk: string;
  }
}

/** A signed provenance, and the trusted root of the Sigstore instance that signed it. Both are texts. */
export type SignedProvenance = { root: string; bundle: string };

/** Claims of the run that differ from those of the release workflow: `IDENTITY` in node/sigstore-instance.ts. */
export type Claimed = Partial<Record<"repository" | "repository_id" | "config" | "ref" | "trigger", string>>;

/** Has provenance of files signed for a workflow run. */
export async function signedProvenance(
  files: readonly { filename: string; sha256: string }[],
  identity: Claimed = {},
): Promise<SignedProvenance> {
  const statement = statementOf(files.map(({ filename, sha256 }) => ({ name: filename, digest: { sha256 } })));
  const answer = await fetch(inject("sigstoreDesk"), { method: "POST", body: JSON.stringify({ statement, identity }) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
