import { hostname } from "node:os";
import * as z from "zod";
import type { CatalogClient } from "../catalog-client.ts";
import { License } from "../license-view.ts";
import { hostPlatform } from "./machine.ts";
import type { Activation } from "./state.ts";

const TokenAnswer = z.looseObject({
  token: z.string(),
  expires_at: z.string(),
  license: License,
  machine: z.looseObject({ id: z.string(), name: z.string().nullish() }),
});

export type TokenAnswer = z.infer<typeof TokenAnswer>;

/** A token with less time left is replaced, so that it does not expire during a download. */
const SPARE_MS = 5 * 60_000;

/** Activates this machine and gets a token. Idempotent: a second call takes no second seat. Throws `CliError`. */
export async function activate(
  client: CatalogClient,
  licenseKey: string,
  { fingerprint, name, offline }: { fingerprint: string; name: string | undefined; offline: boolean },
): Promise<{ answer: TokenAnswer; activation: Activation }> {
  const answer = await client.json(TokenAnswer, {
    method: "POST",
    path: "/v1/licenses/activate",
    credential: licenseKey,
    repeatable: true,
    body: { fingerprint, name: name ?? hostname(), platform: hostPlatform(), offline },
  });
  const activation = {
    url: client.url,
    license_key: licenseKey,
    license_id: answer.license.id,
    machine_id: answer.machine.id,
    fingerprint,
    token: answer.token,
    token_expires_at: answer.expires_at,
  };
  return { answer, activation };
}

/** Gets a new token for the activation if its own expires within five minutes. Throws `CliError`. */
export async function withFreshToken(client: CatalogClient, activation: Activation): Promise<Activation> {
  if (Date.parse(activation.token_expires_at) - Date.now() > SPARE_MS) return activation;
  const answer = await client.json(TokenAnswer, {
    method: "POST",
    path: "/v1/licenses/token",
    credential: activation.license_key,
    repeatable: true,
    body: { fingerprint: activation.fingerprint },
  });
  return { ...activation, token: answer.token, token_expires_at: answer.expires_at };
}

/** Frees the seat, in every status of the license. Idempotent. Throws `CliError`, for example for a rotated key. */
export async function deactivate(client: CatalogClient, activation: Activation): Promise<void> {
  await client.send({
    method: "POST",
    path: "/v1/licenses/deactivate",
    credential: activation.license_key,
    repeatable: true,
    body: { fingerprint: activation.fingerprint },
  });
}
