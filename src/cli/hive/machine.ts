import { createHash, randomBytes } from "node:crypto";
import { mkdir, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { PLATFORMS, type Platform } from "../../domain/releases/manifest.ts";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { readTextIfThere, writeOnce, writePrivateFile } from "../files.ts";
import { License } from "../license-view.ts";
import { type Activation, hiveFolder } from "./state.ts";

const SYSTEMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "macos", win32: "windows" };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The platform of this machine, as releases name it. Throws `CliError` if there are no workers for it. */
export function hostPlatform(system: string, architecture: string): Platform {
  const name = `${SYSTEMS[system] ?? system}-${ARCHITECTURES[architecture] ?? architecture}`;
  const platform = PLATFORMS.find((known) => known === name);
  if (platform === undefined) throw new CliError(EXIT.failure, `There are no binaries for ${name}.`);
  return platform;
}

/** The machine id of Linux, which is unique to an installation (machine-id(5)). */
const MACHINE_ID_FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/** How often, and at which distance in milliseconds, a run looks whether another one completes the file of the id. */
const REPAIR_LOOKS = 2;
const REPAIR_PAUSE_MS = 1000;

/**
 * The fingerprint of this machine: RBEE_MACHINE, else a hash of the system's machine id, because machine-id(5) asks to
 * keep the id itself private. A system without one gets a random id, which is made once and stored.
 */
export async function machineFingerprint(env: NodeJS.ProcessEnv): Promise<string> {
  if (env["RBEE_MACHINE"]) return env["RBEE_MACHINE"];
  const own = join(hiveFolder(env), "machine-id");
  for (const file of [...MACHINE_ID_FILES, own]) {
    const fingerprint = fingerprintOf((await readTextIfThere(file)) ?? "");
    if (fingerprint !== null) return fingerprint;
  }
  const id = `${randomBytes(16).toString("hex")}\n`;
  await writeOnce(own, id);
  if ((await readMachineId(own)) === null) await repairMachineId(own, id);
  return machineFingerprint(env);
}

/** The fingerprint of the system whose machine id has this text in its file, or null if the text is no id. */
export function fingerprintOf(text: string): string | null {
  const id = parseMachineId(text);
  return id === null ? null : createHash("sha256").update(`rbee-hive:${id}`).digest("hex");
}

const readMachineId = async (file: string): Promise<string | null> =>
  parseMachineId((await readTextIfThere(file)) ?? "");

function parseMachineId(text: string): string | null {
  const id = text.trim();
  return /^[0-9a-f]{32}$/.test(id) ? id : null;
}

/**
 * Replaces a file that has no id after a moment: another run may be writing it. Of several runs, install.sh's included,
 * the one that holds the lock replaces it. The file exists all the time, so no run makes another one meanwhile. Throws
 * `CliError` if another run holds the lock for long.
 */
async function repairMachineId(file: string, id: string): Promise<void> {
  for (let looks = 0; looks < REPAIR_LOOKS; looks++) {
    await sleep(REPAIR_PAUSE_MS);
    if ((await readMachineId(file)) !== null) return;
  }
  const lock = `${file}.lock`;
  const refusal = await mkdir(lock).catch((error: unknown) => error);
  if (refusal !== undefined) {
    await sleep(REPAIR_PAUSE_MS);
    if ((await readMachineId(file)) !== null) return;
    throw new CliError(EXIT.failure, `${file} holds no machine id and cannot be replaced. Remove it and ${lock}.`);
  }
  try {
    if ((await readMachineId(file)) === null) await writePrivateFile(file, id);
  } finally {
    await rmdir(lock);
  }
}

const TokenAnswer = z.looseObject({
  token: z.string(),
  expires_at: z.string(),
  renew_after: z.string().nullish(),
  license: License,
  machine: z.looseObject({ id: z.string(), name: z.string().nullish(), seat_until: z.string().nullish() }),
  took_over: z.looseObject({ id: z.string(), name: z.string().nullish() }).nullish(),
});

/** `key`: the license's own key, if the one that was sent is of another shop. */
const ActivationAnswer = TokenAnswer.extend({ key: z.string().optional() });

/** A token with less time left is replaced, so that it does not expire during a download. */
const SPARE_MS = 5 * 60_000;

/** Activates this machine and gets a token. Idempotent: a second call takes no second seat. Throws `CliError`. */
export async function activate(
  client: CatalogClient,
  licenseKey: string,
  {
    fingerprint,
    name,
    platform,
    offline,
    takeOver,
  }: { fingerprint: string; name: string | undefined; platform: Platform; offline: boolean; takeOver?: boolean },
): Promise<{ answer: z.infer<typeof ActivationAnswer>; activation: Activation }> {
  const wish = takeOver === true ? { take_over: "idle" } : {};
  const body = { fingerprint, name: name ?? hostname(), platform, offline, ...wish };
  const answer = await client.post(ActivationAnswer, "/v1/licenses/activate", body, { credential: licenseKey });
  const { token, expires_at: token_expires_at, renew_after, license, machine } = answer;
  const seat = {
    url: client.url,
    license_key: answer.key ?? licenseKey,
    license_id: license.id,
    machine_id: machine.id,
  };
  return { answer, activation: { ...seat, fingerprint, token, token_expires_at, renew_after } };
}

/** Ends the free trial of a license, so that its first payment is due now. Does nothing if none runs. */
export async function endTrial(client: CatalogClient, licenseKey: string): Promise<void> {
  await client.post(z.unknown(), "/v1/licenses/end-trial", {}, { credential: licenseKey }).catch((error: unknown) => {
    if (problemCode(error) !== "CONFLICT") throw error;
  });
}

/**
 * Gets a new token for the activation once the time of its renewal has come, or if it expires within five minutes.
 * While the catalog is out, a token that has not expired goes on working. Throws `CliError`.
 */
export async function withFreshToken(client: CatalogClient, activation: Activation): Promise<Activation> {
  const { renew_after } = activation;
  const left = Date.parse(activation.token_expires_at) - Date.now();
  const isDue = renew_after ? Date.parse(renew_after) <= Date.now() : false;
  if (left > SPARE_MS && !isDue) return activation;
  // A token that is only due for renewal is no reason to wait for a catalog that is out.
  const attempts = left > SPARE_MS ? { attempts: 1 } : {};
  try {
    return await renewToken(client, activation, attempts);
  } catch (error) {
    if (left > 0 && error instanceof CliError && error.exitCode === EXIT.unavailable) return activation;
    throw error;
  }
}

/** Gets a new token for the activation by its key. Throws `CliError`. */
export async function renewToken(
  client: CatalogClient,
  activation: Activation,
  options: { attempts?: number } = {},
): Promise<Activation> {
  const { fingerprint, license_key: credential } = activation;
  const answer = await client.post(TokenAnswer, "/v1/licenses/token", { fingerprint }, { credential, ...options });
  const { token, expires_at: token_expires_at, renew_after } = answer;
  return { ...activation, token, token_expires_at, renew_after };
}

/** Frees the seat, in every status of the license. Idempotent. Throws `CliError`, for example for a rotated key. */
export async function deactivate(client: CatalogClient, activation: Activation): Promise<void> {
  const { fingerprint, license_key: credential } = activation;
  const path = "/v1/licenses/deactivate";
  await client.send({ method: "POST", path, credential, repeatable: true, body: { fingerprint } });
}
