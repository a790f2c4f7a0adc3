import keyFile from "../../../../keys/release-signing.pub";
import {
  attributeMinisign,
  type MinisignPublicKey,
  type MinisignSignature,
  parseMinisignPublicKeys,
  parseMinisignSignature,
  verifyMinisign,
} from "../../../lib/minisign/minisign.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import type { Measured } from "./measurement.ts";

/** One fault of a file: the field, and a sentence for a person. */
export type Fault = { path: "size" | "sha256" | "signature"; message: string };

/** The keys that may sign files, and whether a signature is required. */
export type SignaturePolicy = { required: boolean; keys: MinisignPublicKey[] };

/**
 * Checks a signature before the file is read: it is present if required, well-formed, and made by a trusted key. Null
 * is an unsigned file where that is allowed.
 */
export async function readSignature(
  text: string | null,
  { required, keys }: SignaturePolicy,
): Promise<Result<MinisignSignature | null, Fault>> {
  if (text === null) {
    return required ? err({ path: "signature", message: "A minisign signature is required." }) : ok(null);
  }
  const parsed = parseMinisignSignature(text);
  if (!parsed.ok) return err({ path: "signature", message: parsed.error });
  const signer = await attributeMinisign(keys, parsed.value);
  return signer.ok ? parsed : err({ path: "signature", message: signer.error });
}

/** The fault of a file with another size than declared; null if it is the same. */
export const faultOfSize = (declared: { size: number }, size: number): Fault | null =>
  size === declared.size ? null : { path: "size", message: `The file has ${size} bytes, not ${declared.size}.` };

/** All differences between a file and its publisher's declaration and signature; empty if there are none. */
export async function faultsOf(
  declared: { size: number; sha256: string },
  measured: Measured,
  signature: MinisignSignature | null,
  keys: MinisignPublicKey[],
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const size = faultOfSize(declared, measured.size);
  if (size) faults.push(size);
  if (measured.sha256 !== declared.sha256) {
    faults.push({ path: "sha256", message: `The file's SHA-256 is ${measured.sha256}, not ${declared.sha256}.` });
  }
  if (signature) {
    const verified = await verifyMinisign(keys, signature, measured.blake2b512);
    if (!verified.ok) faults.push({ path: "signature", message: verified.error });
  }
  return faults;
}

/**
 * The keys that may sign releases: those of `keys/release-signing.pub`, which every deployment has, and those of
 * RELEASE_SIGNING_PUBLIC_KEYS, which a development server adds. Throws `ConfigError` for an unreadable key.
 */
export function signaturePolicy(
  config: Pick<Config, "RELEASE_SIGNATURES" | "RELEASE_SIGNING_PUBLIC_KEYS">,
): SignaturePolicy {
  const parsed = parseMinisignPublicKeys(`${keyFile}\n${config.RELEASE_SIGNING_PUBLIC_KEYS}`);
  if (!parsed.ok) throw new ConfigError([{ variable: "release signing keys", message: parsed.error }]);
  return { required: config.RELEASE_SIGNATURES === "required", keys: parsed.value };
}
