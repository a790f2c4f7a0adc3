import type { FileDigest } from "./hashes.ts";
import { type MinisigFault, type PublicKey, readMinisig, verifyMinisig } from "./minisign.ts";
import { ok, type Result, refuse } from "./result.ts";

/** A published file, as the signed index or a download link names it. */
export type PublishedFile = { worker_id: string; version: string; filename: string; size: number; sha256: string };

/** The reason why a file is not the published one. */
export type FileFault = "size" | "sha256" | MinisigFault | "names";

/**
 * Checks that a file is the published one: its size, its sum, and a signature by one of `keys` that names no other
 * worker, version or file. A signature that names none is accepted. Returns the signing key.
 */
export async function checkFile(
  digest: FileDigest,
  file: PublishedFile,
  minisig: string,
  keys: readonly PublicKey[],
): Promise<Result<PublicKey, FileFault>> {
  if (digest.size !== file.size) return refuse("size");
  if (digest.sha256 !== file.sha256) return refuse("sha256");
  const signature = readMinisig(minisig);
  if (!signature.ok) return signature;
  const signer = await verifyMinisig(keys, signature.value, digest.blake2b);
  if (!signer.ok) return signer;
  return namesOnly(signature.value.trustedComment, file) ? ok(signer.value) : refuse("names");
}

/** The names that bind a signature to a file, and others that a comment may have. */
const BINDING = ["file", "worker", "version"] as const;
const OTHER = ["platform", "channel", "contents"];

/** A binding name in any spelling, at the beginning of a word, before a colon or an equals sign. */
const LOOSE = /(?<![\p{L}\p{N}_-])(?:file(?:[ _-]?name)?|worker(?:[ _-]?id)?|version)["']?\s*[:=]/u;

/**
 * Whether a trusted comment names no other file, worker or version, in any spelling. A name in a form that one program
 * reads and another does not is refused as well; docs/releases.md has the rules.
 */
function namesOnly(comment: string, { filename: file, worker_id: worker, version }: PublishedFile): boolean {
  const facts = { file, worker, version };
  return comment.split("\t").every((field) => {
    const [, name, value = ""] = /^([^:]*):(.*)$/s.exec(field) ?? [];
    if (name === "purpose") return false;
    const binding = BINDING.find((known) => known === name);
    if (binding !== undefined) return value === facts[binding] && !hides(value, false);
    return OTHER.some((known) => known === name) ? !hides(value, false) : !hides(field, true);
  });
}

/** Whether a text hides a binding name. The name of a foreign field (`isField`) must be ASCII, against look-alikes. */
function hides(text: string, isField: boolean): boolean {
  const plain = text
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .toLowerCase();
  return LOOSE.test(plain) || (isField && /^[^:=]*[^:=\p{ASCII}][^:=]*[:=]/u.test(plain));
}
