import { formatMinisignPublicKey, type MinisignPublicKey } from "../../lib/minisign/minisign.ts";

/** The line of keys/release-signing.pub that stands in for a first key. */
const NONE_YET = /^untrusted comment: no release signing key yet.*\n/m;

/** The text of keys/release-signing.pub with one more public key; those that are in it stay. */
export function addReleaseKey(text: string, key: MinisignPublicKey): string {
  const rest = text.replace(NONE_YET, "");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${formatMinisignPublicKey(key)}`;
}
