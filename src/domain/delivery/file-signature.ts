import { decodeBase64 } from "../../lib/encoding.ts";
import type { ManifestArtifact } from "../releases/manifest.ts";

/** The signatures that a file may have, by the suffix of their names: minisign's, and a detached OpenPGP one. */
export const SIGNATURE_KINDS = ["minisig", "sig"] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

/** What a name asks for: a file itself (`signature` null), or a signature of it, as in `worker.minisig`. */
export function parseFilename(name: string): { filename: string; signature: SignatureKind | null } {
  const signature = SIGNATURE_KINDS.find((kind) => name.endsWith(`.${kind}`)) ?? null;
  return { filename: signature === null ? name : name.slice(0, -1 - signature.length), signature };
}

/** A file's signature of that kind as it was published, or null if it has none. */
export function signatureOf(
  { signature, pgp_signature }: Pick<ManifestArtifact, "signature" | "pgp_signature">,
  kind: SignatureKind,
): Uint8Array<ArrayBuffer> | null {
  if (kind === "sig") return pgp_signature === null ? null : decodeBase64(pgp_signature);
  return signature === null ? null : new Uint8Array(new TextEncoder().encode(signature));
}
