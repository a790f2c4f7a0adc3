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

/** A token that ends sooner is replaced: a download must not outlive what it was asked for with. */
const SPARE_MS = 5 * 60_000;

/** Takes a seat for this machine (the same one again if it has one) and gets a token. Repeatable. Throws `CliError`. */
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

/**
 * The activation with a token that is good for five minutes at least: its own, or a new one for the same machine. Throws `CliError`.
 */
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

/** Gives the seat back, whatever the license's status. Repeatable. Throws `CliError`, as for a key that a newer one has replaced. */
export async function deactivate(client: CatalogClient, activation: Activation): Promise<void> {
  await client.send({
    method: "POST",
    path: "/v1/licenses/deactivate",
    credential: activation.license_key,
    repeatable: true,
    body: { fingerprint: activation.fingerprint },
  });
}
