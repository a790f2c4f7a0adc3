import { readFile } from "node:fs/promises";

/** The text of the trusted roots of Sigstore that this version of the command ships. */
export const trustedRoots = (): Promise<string> =>
  readFile(new URL("../../../keys/sigstore-trusted-roots.jsonl", import.meta.url), "utf8");
