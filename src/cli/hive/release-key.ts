import { readFile } from "node:fs/promises";
import { type MinisignPublicKey, parseMinisignPublicKeys } from "../../lib/minisign/minisign.ts";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT } from "../exit-code.ts";

/** Keys that may sign releases, and the text that they were read from. */
export type ReleaseKeys = { text: string; keys: MinisignPublicKey[] };

/** Reads public keys from a text of minisign `.pub` form. Throws when it has none; `source` names it. */
function parseReleaseKeys(text: string, source: string): ReleaseKeys {
  const parsed = parseMinisignPublicKeys(text);
  if (!parsed.ok) throw new CliError(EXIT.failure, `${source}: ${parsed.error}`);
  if (parsed.value.length === 0) throw new CliError(EXIT.integrity, `${source} has no release signing key.`);
  return { text, keys: parsed.value };
}

/**
 * The keys that a download must be signed with: those in the file that a person named, else those pinned when this catalog
 * was first used, else the catalog's own, to be pinned now. A catalog that is taken over later cannot bring its own keys.
 */
export async function releaseKeys(
  client: CatalogClient,
  { file, pinned }: { file: string | undefined; pinned: string | undefined },
): Promise<ReleaseKeys> {
  if (file !== undefined) {
    const text = await readFile(file, "utf8").catch(() => {
      throw new CliError(EXIT.usage, `${file} cannot be read.`);
    });
    return parseReleaseKeys(text, file);
  }
  if (pinned !== undefined) return parseReleaseKeys(pinned, "The pinned key");
  const response = await client.send({ path: "/keys/release-signing.pub" });
  return parseReleaseKeys(await response.text(), `${client.url}/keys/release-signing.pub`);
}
