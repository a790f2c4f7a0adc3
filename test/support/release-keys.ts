import { env } from "cloudflare:workers";
import { formatMinisignPublicKey, type MinisignPublicKey } from "../../src/lib/minisign/minisign.ts";

/** The release keys of the Worker under test, which vouch for the keys that sign packages, and `key` beside them. */
export const withReleaseKey = ({ keyId, key }: MinisignPublicKey): string =>
  `${env.RELEASE_SIGNING_PUBLIC_KEYS}\n${formatMinisignPublicKey({ keyId, key })}`;
