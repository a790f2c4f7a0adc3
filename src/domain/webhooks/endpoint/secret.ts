import { encodeBase64 } from "../../../lib/encoding.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Endpoint } from "./store.ts";

/** Separates this use of the secret from license keys and from sign-in links. */
const PURPOSE = "rbee webhook endpoint: ";

/**
 * The bytes of an endpoint's secret: HMAC-SHA-256 of its id and generation under LICENSE_KEY_SECRET. They are stored
 * nowhere, so that a reader of the ledger or of a backup can forge no event.
 */
async function secretBytes(
  { LICENSE_KEY_SECRET }: Pick<Config, "LICENSE_KEY_SECRET">,
  id: string,
  generation: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", LICENSE_KEY_SECRET, algorithm, false, ["sign"]);
  const text = new TextEncoder().encode(`${PURPOSE}${id} ${generation}`);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
}

/** The current secret of an endpoint, as its receiver configures it: `whsec_` and base64. */
export const currentSecret = async (
  config: Pick<Config, "LICENSE_KEY_SECRET">,
  { id, generation }: Pick<Endpoint, "id" | "generation">,
): Promise<string> => `whsec_${encodeBase64(await secretBytes(config, id, generation))}`;

/** The secrets that sign for an endpoint at `now`: the current one and, while both are in use, the former one. */
export async function signingSecrets(
  config: Pick<Config, "LICENSE_KEY_SECRET">,
  { id, generation, former_until }: Pick<Endpoint, "id" | "generation" | "former_until">,
  now: UnixSeconds,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const isShared = former_until !== null && former_until > now;
  const generations = isShared ? [generation, generation - 1] : [generation];
  return Promise.all(generations.map((one) => secretBytes(config, id, one)));
}
