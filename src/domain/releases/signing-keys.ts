import keyFile from "../../../keys/release-signing.pub";
import { parseMinisignPublicKeys } from "../../lib/minisign/minisign.ts";
import { type Config, ConfigError } from "../../platform/config/config.ts";
import type { SignaturePolicy } from "./artifact/check.ts";

/**
 * Whose signatures releases need: the keys of `keys/release-signing.pub`, which every deployment ships, and those of
 * RELEASE_SIGNING_PUBLIC_KEYS, which a development server adds. Throws `ConfigError` for a key that cannot be read.
 */
export function signaturePolicy(
  config: Pick<Config, "RELEASE_SIGNATURES" | "RELEASE_SIGNING_PUBLIC_KEYS">,
): SignaturePolicy {
  const parsed = parseMinisignPublicKeys(`${keyFile}\n${config.RELEASE_SIGNING_PUBLIC_KEYS}`);
  if (!parsed.ok) throw new ConfigError(`Configuration: release signing keys: ${parsed.error}`);
  return { required: config.RELEASE_SIGNATURES === "required", keys: parsed.value };
}
