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
import type { SignedFile } from "./signed-file.ts";
import { BINDING_NAMES, readSignedNames, type SignedName } from "./signed-names.ts";

/** One fault of a file: the field, and a sentence for a person. */
export type Fault = { path: "size" | "sha256" | "signature"; message: string };

/**
 * The keys that may sign files, and whether a signature is required. With `bound` it must also name its file, worker
 * and version.
 */
export type SignaturePolicy = { required: boolean; keys: MinisignPublicKey[]; bound?: boolean };

/**
 * Checks a signature before the file is read: it is present if required, well-formed, made by a trusted key, and its
 * trusted comment names no other file or release than `file`. Null is an unsigned file where that is allowed.
 */
export async function readSignature(
  text: string | null,
  policy: SignaturePolicy,
  file: SignedFile,
): Promise<Result<MinisignSignature | null, Fault>> {
  const refuse = (message: string) => err({ path: "signature", message } as const);
  if (text === null) return policy.required ? refuse("A minisign signature is required.") : ok(null);
  const parsed = parseMinisignSignature(text);
  if (!parsed.ok) return refuse(parsed.error);
  const signer = await attributeMinisign(policy.keys, parsed.value);
  if (!signer.ok) return refuse(signer.error);
  const named = readSignedNames(parsed.value.trustedComment, file.facts);
  if (!named.ok) return refuse(named.error);
  const fault = faultOfOmission(named.value, policy, file);
  return fault === null ? parsed : refuse(fault);
}

/** The sentence why a signature names too few facts of its file; null if they suffice. */
function faultOfOmission(
  named: ReadonlySet<SignedName>,
  { required, bound }: SignaturePolicy,
  { facts, twin }: SignedFile,
): string | null {
  const lacks = (names: readonly SignedName[]) => names.filter((name) => !named.has(name)).join(", ");
  const advice = "`rbee-catalog release comment` prints the trusted comment that it needs (minisign -S -t).";
  const unbound = bound ? lacks(BINDING_NAMES) : "";
  if (unbound !== "") return `The signature does not name its ${unbound}. Sign the file again: ${advice}`;
  if (twin !== null && lacks(["worker", "version"]) !== "") {
    const taken = `${twin.worker_id} ${twin.version} has the same file`;
    return `${taken}, and the signature does not name its worker and version. Sign the file again: ${advice}`;
  }
  return required && facts.contents !== null && !named.has("contents")
    ? `The signature does not cover the declared contents of the package. Sign the file again: ${advice}`
    : null;
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
  const policy = { required: config.RELEASE_SIGNATURES !== "optional", keys: parsed.value };
  return config.RELEASE_SIGNATURES === "bound" ? { ...policy, bound: true } : policy;
}
