import { concat, decodeBase64, encodeBase64, encodeHex } from "../encoding.ts";
import { err, ok, type Result } from "../result.ts";

/** A minisign public key: its 8-byte id and the 32 bytes of the Ed25519 key. */
export type MinisignPublicKey = { keyId: Uint8Array; key: Uint8Array<ArrayBuffer> };

/** The content of a `.minisig` file. The trusted comment is signed, the untrusted one is not. */
export type MinisignSignature = {
  untrustedComment: string;
  keyId: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
  trustedComment: string;
  globalSignature: Uint8Array<ArrayBuffer>;
};

export const UNTRUSTED = "untrusted comment: ";
const TRUSTED = "trusted comment: ";
/** The size of minisign's own buffers in bytes. */
const MAX_UNTRUSTED_BYTES = 1024;
const MAX_TRUSTED_BYTES = 8192;

const utf8 = new TextEncoder();

/** A key id as minisign prints it: its bytes, last first, in upper-case hexadecimal without leading zeros. */
export const showKeyId = (keyId: Uint8Array): string =>
  encodeHex(keyId.toReversed())
    .toUpperCase()
    .replace(/^0+(?=.)/, "");

/**
 * Parses the public keys of one `.pub` file or of several concatenated ones. It skips blank lines and comment lines
 * (`untrusted comment:`, `#`). The error is a sentence for a person.
 */
export function parseMinisignPublicKeys(text: string): Result<MinisignPublicKey[], string> {
  const keys: MinisignPublicKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#") || content.startsWith(UNTRUSTED.trim())) continue;
    const bytes = decodeExactly(content, 42);
    if (bytes === null || algorithmOf(bytes) !== "Ed") return err(`Line ${index + 1} is not a minisign public key.`);
    keys.push({ keyId: bytes.slice(2, 10), key: bytes.slice(10) });
  }
  return ok(keys);
}

/** A public key in one line, as `minisign -P` accepts it. */
export const encodeMinisignPublicKey = ({ keyId, key }: MinisignPublicKey): string =>
  encodeBase64(concat(utf8.encode("Ed"), keyId, key));

/** A public key as the text of a `.pub` file. */
export const formatMinisignPublicKey = (key: MinisignPublicKey): string =>
  `${UNTRUSTED}minisign public key ${showKeyId(key.keyId)}\n${encodeMinisignPublicKey(key)}\n`;

/**
 * Parses the text of a `.minisig` file: four lines, with either line ending. It accepts only the prehashed form (`ED`,
 * minisign's default), because a legacy signature cannot be verified while the file streams. The error is a sentence
 * for a person.
 */
export function parseMinisignSignature(text: string): Result<MinisignSignature, string> {
  const lines = text.replaceAll("\r\n", "\n").replace(/\n+$/, "").split("\n");
  const [untrusted = "", signed = "", trusted = "", global = ""] = lines;
  if (lines.length !== 4) return err("A minisign signature has four lines.");
  if (!untrusted.startsWith(UNTRUSTED)) return err(`Line 1 of a minisign signature starts with "${UNTRUSTED}".`);
  if (!trusted.startsWith(TRUSTED)) return err(`Line 3 of a minisign signature starts with "${TRUSTED}".`);
  const untrustedComment = untrusted.slice(UNTRUSTED.length);
  const trustedComment = trusted.slice(TRUSTED.length);
  if (!isComment(untrustedComment, MAX_UNTRUSTED_BYTES) || !isComment(trustedComment, MAX_TRUSTED_BYTES)) {
    return err("A comment of the minisign signature is too long or has control characters.");
  }
  const bytes = decodeExactly(signed, 74);
  if (bytes !== null && algorithmOf(bytes) === "Ed") {
    return err("This is a legacy minisign signature (-l). Sign without -l: only prehashed signatures are accepted.");
  }
  if (bytes === null || algorithmOf(bytes) !== "ED") return err("Line 2 of the minisign signature is not a signature.");
  const globalSignature = decodeExactly(global, 64);
  if (globalSignature === null) return err("Line 4 of the minisign signature is not a signature.");
  return ok({
    untrustedComment,
    keyId: bytes.slice(2, 10),
    signature: bytes.slice(10),
    trustedComment,
    globalSignature,
  });
}

/** A signature as the text of a `.minisig` file. */
export const formatMinisignSignature = (minisig: MinisignSignature): string =>
  [
    `${UNTRUSTED}${minisig.untrustedComment}`,
    encodeBase64(concat(utf8.encode("ED"), minisig.keyId, minisig.signature)),
    `${TRUSTED}${minisig.trustedComment}`,
    `${encodeBase64(minisig.globalSignature)}\n`,
  ].join("\n");

/** The message of the global signature: the signature of the file, then the trusted comment. */
export const globallySigned = (signature: Uint8Array, trustedComment: string): Uint8Array<ArrayBuffer> =>
  concat(signature, utf8.encode(trustedComment));

/**
 * Finds the key among `keys` that made a signature, and verifies the signature of the trusted comment. It does not need
 * the file. The error is a sentence for a person.
 */
export async function attributeMinisign(
  keys: MinisignPublicKey[],
  minisig: MinisignSignature,
): Promise<Result<MinisignPublicKey, string>> {
  const id = showKeyId(minisig.keyId);
  const signer = keys.find(({ keyId }) => showKeyId(keyId) === id);
  if (!signer) {
    const trusted = keys.map(({ keyId }) => showKeyId(keyId)).join(", ") || "none";
    return err(`The signature is by minisign key ${id}, which is not trusted (trusted: ${trusted}).`);
  }
  const message = globallySigned(minisig.signature, minisig.trustedComment);
  return (await verifyEd25519(signer.key, minisig.globalSignature, message))
    ? ok(signer)
    : err("The signature's trusted comment has been altered.");
}

/**
 * Verifies the signature of a file and of the trusted comment. `digest` is the file's BLAKE2b-512 digest (64 bytes).
 * Returns the signing key; the error is a sentence for a person.
 */
export async function verifyMinisign(
  keys: MinisignPublicKey[],
  minisig: MinisignSignature,
  digest: Uint8Array<ArrayBuffer>,
): Promise<Result<MinisignPublicKey, string>> {
  const signer = await attributeMinisign(keys, minisig);
  if (!signer.ok) return signer;
  return (await verifyEd25519(signer.value.key, minisig.signature, digest))
    ? signer
    : err("The signature is not over this file.");
}

/** The `length` bytes of a canonical base64 text, or null for any other text. */
export function decodeExactly(text: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (text.length !== Math.ceil(length / 3) * 4 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = decodeBase64(text);
  return bytes.length === length && encodeBase64(bytes) === text ? bytes : null;
}

/** The algorithm of a minisign structure: its first two letters. */
export const algorithmOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 2));

const isComment = (text: string, maxBytes: number): boolean =>
  utf8.encode(text).length <= maxBytes && !/[^\P{Cc}\t]/u.test(text);

async function verifyEd25519(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const publicKey = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", publicKey, signature, message);
}
