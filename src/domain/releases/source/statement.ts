import { encodeHex, sha256 } from "../../../lib/encoding.ts";
import type { MinisignPublicKey } from "../../../lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../../lib/minisign/secret-key.ts";
import { formatTrustedComment, signText, trustedFields, verifyText } from "../../../lib/minisign/text.ts";
import { err, ok, type Result } from "../../../lib/result.ts";

/** The commit that a release is built from, and the release key's signature of it. */
export type SignedSource = {
  /** The https address that git clones. */
  repository: string;
  /** The tag's short name. */
  tag: string;
  /** In hexadecimal. The commit itself, not the object of an annotated tag. */
  commit: string;
  /** The text of the `.minisig` over the source statement. */
  signature: string;
};

/** The facts that a source statement binds to each other. `worker` is the worker's id. */
export type SourceFacts = Omit<SignedSource, "signature"> & { worker: string; version: string };

/** A whole commit id of git: SHA-1, or SHA-256. */
export const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The source statement of a release: a text with one spelling only, so that a release key can sign it. Each fact is on
 * a line of its own. The tag is a whole reference name, so it is no branch and no commit id.
 */
export const sourceStatement = ({ worker, version, repository, tag, commit }: SourceFacts): string =>
  [
    "rbee source statement 1",
    `worker: ${worker}`,
    `version: ${version}`,
    `repository: ${repository}`,
    `tag: refs/tags/${tag}`,
    `commit: ${commit}`,
    "",
  ].join("\n");

/** The SHA-256 of a source statement in hexadecimal. A statement that was blocked is known by it. */
export const statementSum = async (facts: SourceFacts): Promise<string> =>
  encodeHex(await sha256(sourceStatement(facts)));

/** The suffix of a statement's file name. No file of a release may have it, so a statement never passes for one. */
export const STATEMENT_SUFFIX = ".source";

/** The fields of the trusted comment. No time is among them, so signing again gives the same signature. */
const commentFields = ({ worker, version }: Pick<SourceFacts, "worker" | "version">) => ({
  file: `${worker}-${version}${STATEMENT_SUFFIX}`,
  worker,
  version,
});

/** The `.minisig` of a source statement. Throws WebCrypto's errors. */
export const signSource = (key: MinisignSecretKey, facts: SourceFacts): Promise<string> =>
  signText(key, sourceStatement(facts), formatTrustedComment(commentFields(facts)));

/**
 * Verifies that one of `keys` has signed the source statement of these facts, for this worker and version. The error is
 * a sentence for a person.
 */
export async function verifySource(
  keys: MinisignPublicKey[],
  { signature, ...facts }: SourceFacts & SignedSource,
): Promise<Result<null, string>> {
  const verified = await verifyText(keys, sourceStatement(facts), signature);
  if (!verified.ok) return err(`The source statement does not verify: ${verified.error}`);
  const signed = trustedFields(verified.value.signature.trustedComment);
  for (const [name, value] of Object.entries(commentFields(facts))) {
    if (signed.get(name) !== value) return err(`The signature was made for ${name} ${signed.get(name) ?? "unknown"}.`);
  }
  return ok(null);
}

/** A worker as far as its tags depend on it. `flags` are those of its recipe's `cargo build`. */
export type TaggedWorker = { id: string; build: { flags?: string[] | undefined } };

/** The names that a worker's tags may begin with: its id, and the crate that its recipe builds (`cargo build -p`). */
function namesInTags({ id, build: { flags = [] } }: TaggedWorker): string[] {
  const [, crate] = flags.slice(flags.indexOf("-p"));
  return flags.includes("-p") && crate !== undefined ? [id, crate] : [id];
}

/**
 * The tags that fit a version: the version, with or without a `v`, alone or after one of the worker's names and a `-`
 * or `/`. The names are the worker's id and its crate.
 */
export const tagsOfVersion = (version: string, names: readonly string[]): string[] =>
  ["", ...names.flatMap((name) => [`${name}-`, `${name}/`])].flatMap((start) => [
    `${start}v${version}`,
    `${start}${version}`,
  ]);

/** The fault of a tag as a sentence; null if it fits the version. Git forbids names that end with `.lock`. */
export function faultOfTag(tag: string, version: string, worker: TaggedWorker): string | null {
  const fitting = tagsOfVersion(version, namesInTags(worker));
  if (fitting.includes(tag) && !tag.endsWith(".lock")) return null;
  return `This is not a tag of version ${version}. Use one of ${fitting.join(", ")}.`;
}
