import * as z from "zod";
import { parseMinisignSignature } from "../../../lib/minisign/minisign.ts";
import type { Result } from "../../../lib/result.ts";
import { BINDING_NAMES, readSignedNames } from "../../releases/artifact/signed-names.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";

/** The keys that may sign releases. `own`: how many keys/release-signing.pub has; `added`: by the variable. */
export type ReleaseKeyFacts = { required: boolean; bound?: boolean; own: number; added: number; isProduction: boolean };

/** Whether releases are signed by a key that the repository holds. */
export function checkReleaseKeys({ required, bound = false, own, added, isProduction }: ReleaseKeyFacts): Finding {
  if (!isProduction) return pass("release-keys", `Development. Release keys: ${own + added}.`);
  if (!required) return fail("release-keys", "RELEASE_SIGNATURES is not required: an unsigned file can be published.");
  if (own > 0 && !bound) {
    return warn(
      "release-keys",
      "RELEASE_SIGNATURES is required, not bound: a signature need not name its worker and version.",
      { remedy: 'Set RELEASE_SIGNATURES = "bound" in wrangler.toml and run `pnpm run deploy`.' },
    );
  }
  if (own > 0) return pass("release-keys", `Keys in keys/release-signing.pub: ${own}.`);
  if (added > 0) {
    return warn(
      "release-keys",
      "Only RELEASE_SIGNING_PUBLIC_KEYS has a key. The file in the repository, which everybody can review, has none.",
    );
  }
  return fail("release-keys", "There is no release key, so nothing can be published or installed.");
}

const text = z.string();

/** A published file, with the facts that its signature may name. */
export const PublishedFile = z.object({
  ...{ filename: text, worker_id: text, version: text, platform: text, channel: text },
  signature: text.nullable(),
});
export type PublishedFile = z.output<typeof PublishedFile>;

/**
 * Whether clients accept the signatures of published files: none names another file or release, and where
 * RELEASE_SIGNATURES is `bound` each names its own. `files`: the newest ones.
 */
export function checkSignedNames(files: readonly PublishedFile[], { bound = false }: { bound?: boolean }): Finding {
  const wrong: string[] = [];
  const unnamed: string[] = [];
  for (const { filename: file, worker_id: worker, version, platform, channel, signature } of files) {
    const parsed = signature === null ? null : parseMinisignSignature(signature);
    if (!parsed?.ok) continue;
    // A deployment does not read the contents of all packages for this.
    const named = readSignedNames(parsed.value.trustedComment, { file, worker, version, platform, channel });
    const words = `${worker} ${version}, ${file}`;
    if (!named.ok) wrong.push(`${words}: ${named.error}`);
    else if (!BINDING_NAMES.every((name) => named.value.has(name))) unnamed.push(words);
  }
  const [first] = wrong;
  if (first !== undefined) return fail("signed-names", `Wrong signatures: ${wrong.length}. ${first}`);
  const [example] = unnamed;
  if (bound && example !== undefined) {
    const detail = `Signatures that do not name their file, worker and version: ${unnamed.length}. ${example}`;
    return warn("signed-names", `${detail}: recipes and install.sh refuse it.`, { remedy: SIGN_AGAIN });
  }
  const names = `do not name their file, worker and version: ${unnamed.length}`;
  return pass("signed-names", `Of the ${files.length} newest published files, those whose signatures ${names}.`);
}

const SIGN_AGAIN =
  'Publish a new version, signed with `rbee-catalog release publish`. Until then, RELEASE_SIGNATURES = "required" lets people install it.';

/** Whether a release key vouches for the index key. The error is a sentence. */
export const checkIndexKey = (delegation: Result<{ delegatedAt: number }, string>): Finding =>
  delegation.ok ? pass("index-key", "A release key vouches for the index key.") : fail("index-key", delegation.error);

/** Whether the package keys can sign. `keys`: their fingerprints, or a sentence why they cannot. */
export const checkPackageKeys = (keys: Result<readonly string[], string>): Finding =>
  keys.ok
    ? pass("package-keys", `A release key vouches for the package keys: ${keys.value.join(", ")}.`)
    : fail("package-keys", keys.error);

/** The token key: its id, whether the published keys contain it, and whether they verify its signature. */
export type TokenKeyFacts = { kid: string; isPublished: boolean; verifies: boolean };

/** Whether hives can verify new tokens. */
export function checkTokenKey({ kid, isPublished, verifies }: TokenKeyFacts): Finding {
  if (!isPublished) return fail("token-key", `The key ${kid} signs tokens, but /.well-known/jwks.json lacks it.`);
  if (!verifies) return fail("token-key", `The private and the public half of the key ${kid} do not belong together.`);
  return pass("token-key", `The key ${kid} signs, and the published key verifies.`);
}

/** The number of owner tokens in force, and of people or domains that Access makes owners. */
export const checkOwner = (tokens: number, people: number): Finding =>
  tokens + people > 0
    ? pass("owner", `Owner tokens in force: ${tokens}; owners by Access: ${people}.`)
    : fail("owner", "Nobody is an owner: no token is in force, and Access names none.");

/**
 * Whether scopes of before the division are in use. `tokens`: the number of tokens in force that keep them. `people`:
 * the names in ACCESS_SCOPES that do.
 */
export function checkScopes(tokens: number, people: readonly string[]): Finding[] {
  const kept = "what its scopes allowed before they were divided";
  const found = [
    ...(tokens > 0 ? [warn("scopes", `Tokens in force that keep ${kept}: ${tokens}.`, { subject: "tokens" })] : []),
    ...(people.length > 0
      ? [warn("scopes", `Names in ACCESS_SCOPES that keep ${kept}: ${people.length}.`, { subject: "ACCESS_SCOPES" })]
      : []),
  ];
  return found.length > 0 ? found : [pass("scopes", "Every token and every name has the divided scopes.")];
}

/** One finding for each act that an actor has done unusually often today; one that passes if there is none. */
export function checkActs(unusual: readonly { act: string; actor: string; count: number }[]): Finding[] {
  if (unusual.length === 0) return [pass("admin-acts", "No act was done unusually often today.")];
  return unusual.map(({ act, actor, count }) =>
    warn("admin-acts", `${actor}: ${act}, ${count} times since 00:00 UTC.`, { subject: `${actor} ${act}` }),
  );
}
