import { bytesOf, concat, equal, fromExactBase64, toHex } from "./bytes.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { ok, type Result, refuse } from "./result.ts";

/** A minisign public key: its id, and the 32 bytes of the Ed25519 key. */
export type PublicKey = { id: Uint8Array; bytes: Uint8Array<ArrayBuffer> };

/** A minisign signature that was read, not yet verified. */
export type Minisig = {
  keyId: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
  trustedComment: string;
  globalSignature: Uint8Array<ArrayBuffer>;
};

/** The reason why a minisign signature is refused. */
export type MinisigFault = "format" | "legacy" | "unknown_key" | "trusted_comment" | "content";

const UNTRUSTED = "untrusted comment: ";
const TRUSTED = "trusted comment: ";
/** The sizes of minisign's own buffers, in bytes. */
const LONGEST = { untrusted: 1024, trusted: 8192 };

/** A key id as minisign prints it. */
export const showKeyId = (id: Uint8Array): string => toHex(id.toReversed()).toUpperCase();

/** The keys of the text of a `.pub` file, or of several in one. Null for a text that is none. */
export function readPublicKeys(text: string): PublicKey[] | null {
  const keys: PublicKey[] = [];
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("#") || line.startsWith(UNTRUSTED.trim())) continue;
    const bytes = fromExactBase64(line, 42);
    if (bytes === null || algorithmOf(bytes) !== "Ed") return null;
    keys.push({ id: bytes.slice(2, 10), bytes: bytes.slice(10) });
  }
  return keys;
}

/**
 * Reads the text of a `.minisig` file, with either line ending. A legacy signature (over the file itself) is refused,
 * because it cannot be verified while the file streams.
 */
export function readMinisig(text: string): Result<Minisig, MinisigFault> {
  const lines = text.replaceAll("\r\n", "\n").replace(/\n+$/, "").split("\n");
  const [untrusted = "", signed = "", trusted = "", global = ""] = lines;
  const hasForm = lines.length === 4 && untrusted.startsWith(UNTRUSTED) && trusted.startsWith(TRUSTED);
  const trustedComment = trusted.slice(TRUSTED.length);
  const areComments =
    isComment(untrusted.slice(UNTRUSTED.length), LONGEST.untrusted) && isComment(trustedComment, LONGEST.trusted);
  const bytes = fromExactBase64(signed, 74);
  const globalSignature = fromExactBase64(global, 64);
  if (!hasForm || !areComments || bytes === null) return refuse("format");
  if (algorithmOf(bytes) === "Ed") return refuse("legacy");
  if (algorithmOf(bytes) !== "ED" || globalSignature === null) return refuse("format");
  return ok({ keyId: bytes.slice(2, 10), signature: bytes.slice(10), trustedComment, globalSignature });
}

/** The key among `keys` that made a signature with this trusted comment. It needs no file. */
export async function signerOf(keys: readonly PublicKey[], minisig: Minisig): Promise<Result<PublicKey, MinisigFault>> {
  const signer = keys.find(({ id }) => equal(id, minisig.keyId));
  if (signer === undefined) return refuse("unknown_key");
  const message = concat(minisig.signature, bytesOf(minisig.trustedComment));
  return (await verifyEd25519(signer.bytes, minisig.globalSignature, message)) ? ok(signer) : refuse("trusted_comment");
}

/** Verifies the signature of a file, whose BLAKE2b-512 digest has 64 bytes, and of the trusted comment. */
export async function verifyMinisig(
  keys: readonly PublicKey[],
  minisig: Minisig,
  digest: Uint8Array<ArrayBuffer>,
): Promise<Result<PublicKey, MinisigFault>> {
  const signer = await signerOf(keys, minisig);
  if (!signer.ok) return signer;
  return (await verifyEd25519(signer.value.bytes, minisig.signature, digest)) ? signer : refuse("content");
}

/** The fields of a trusted comment in minisign's own form, `name:value` between tabs. */
export const fieldsOf = (comment: string): ReadonlyMap<string, string> =>
  new Map(
    comment.split("\t").flatMap((field) => {
      const colon = field.indexOf(":");
      return colon < 0 ? [] : [[field.slice(0, colon), field.slice(colon + 1)] as const];
    }),
  );

const algorithmOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 2));

const isComment = (text: string, longest: number): boolean =>
  bytesOf(text).length <= longest && !/[^\P{Cc}\t]/u.test(text);
