import { parseMinisignSignature } from "../../../lib/minisign/minisign.ts";
import { formatTrustedComment } from "../../../lib/minisign/text.ts";
import { err, ok, type Result } from "../../../lib/result.ts";

/** The facts that the trusted comment of a file's signature may name, in the order in which it is written. */
export const SIGNED_NAMES = ["file", "worker", "version", "platform", "channel", "contents"] as const;
export type SignedName = (typeof SIGNED_NAMES)[number];

/** The facts that bind a signature to one file of one release: an old or foreign signature cannot name them. */
export const BINDING_NAMES = ["file", "worker", "version"] as const satisfies readonly SignedName[];

/**
 * The facts of a file. `contents` is the digest of a package's declared contents, null for a binary. A fact that is
 * left out is not compared.
 */
export type FileFacts = { [Name in SignedName]?: string | null | undefined };

/**
 * The trusted comment for the signature of a file: `file:...`, `worker:...`, `version:...` and the given others,
 * separated by tabs. It has no time, so that signing again gives the same text.
 */
export const signedComment = (facts: FileFacts & { [Name in (typeof BINDING_NAMES)[number]]: string }): string =>
  formatTrustedComment(
    Object.fromEntries(SIGNED_NAMES.flatMap((name) => (facts[name] ? [[name, facts[name]] as const] : []))),
  );

/**
 * The facts that a trusted comment names. The error is a sentence for a person: the comment names another fact than the
 * file has, also once among several, or names one in a form that a client does not find. Every program of this service
 * reads comments by this function; docs/releases.md has the rules for other clients.
 */
export function readSignedNames(comment: string, facts: FileFacts): Result<ReadonlySet<SignedName>, string> {
  const named = new Set<SignedName>();
  for (const part of comment.split("\t")) {
    const [, key = "", value = ""] = /^([^:]*):(.*)$/s.exec(part) ?? [];
    if (key === "purpose") return err(`The signature was made for another purpose (${value}), not for a file.`);
    const name = SIGNED_NAMES.find((known) => known === key);
    const hidden = hiddenName(name ? value : part, name === undefined);
    if (hidden !== null)
      return err(`The signature's trusted comment names ${hidden} in a form that is not read. ${FORM}`);
    if (name === undefined) continue;
    const fact = facts[name];
    if (fact !== undefined && value !== fact) return err(differs(name, value, fact));
    named.add(name);
  }
  return ok(named);
}

/** The facts that the text of a `.minisig` names, right or not; none if it is no signature. */
export function namesInSignature(minisig: string): ReadonlySet<SignedName> {
  const signature = parseMinisignSignature(minisig);
  const named = signature.ok ? readSignedNames(signature.value.trustedComment, {}) : signature;
  return named.ok ? named.value : new Set();
}

const FORM = "Write file:NAME, worker:ID and version:VERSION, separated by tabs.";

function differs(name: SignedName, value: string, fact: string | null): string {
  if (name !== "contents") return `The signature was made for ${name} ${value}, but this is ${name} ${fact ?? "none"}.`;
  if (fact === null) return "The signature was made for a package, and this file is none.";
  return "The signature was made for other contents of the package than the declared ones. Remove the file and declare it again.";
}

/** One of the binding names in any spelling, at the beginning of a word, before a colon or an equals sign. */
const LOOSE = /(?<![\p{L}\p{N}_-])(?:file(?:[ _-]?name)?|worker(?:[ _-]?id)?|version)["']?\s*[:=]/u;

/**
 * The words for a name in a text that is not in the form `name:value`, so that one reader finds it and another does
 * not; null if there is none. It ignores case, blanks, invisible characters and compatibility forms. The name of a
 * foreign field (`isField`) with letters beyond ASCII is refused, because it may be a look-alike.
 */
function hiddenName(text: string, isField: boolean): string | null {
  const plain = text
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .toLowerCase();
  const found = LOOSE.exec(plain);
  if (found !== null) return `"${found[0]}"`;
  return isField && /^[^:=]*[^:=\p{ASCII}][^:=]*[:=]/u.test(plain) ? "a field with characters beyond ASCII" : null;
}
