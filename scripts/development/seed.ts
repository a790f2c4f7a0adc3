import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { problemCode } from "../../src/cli/errors.ts";
import { publishRelease } from "../../src/cli/publish/publish.ts";
import { readReleaseFile } from "../../src/cli/publish/release-file.ts";
import { findRelease } from "../../src/cli/release-view.ts";
import type { MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { samplePackage } from "./sample-package.ts";
import { sampleWorker } from "./sample-worker.ts";

const PLATFORM = "linux-x86_64";

/** The releases that a development catalog starts with. */
export const SAMPLES = {
  free: { id: "llm-worker-rbee-cpu", version: "0.1.0" },
  premium: { id: "llm-worker-rbee-premium-cpu", version: "1.0.0" },
} as const;

const Issued = z.looseObject({ key: z.string() });

export type SeedOptions = {
  url: string;
  adminToken: string;
  /** The key of an earlier start, if there was one. */
  licenseKey: string | null;
  releaseKey: MinisignSecretKey;
  /** The folder to build the samples in. */
  folder: string;
};

/**
 * Publishes the sample releases and issues one license, through the same API and code as any publisher. Returns the
 * license's key. It does only the missing steps: it finishes a seed that was cut, and adds samples to older data.
 */
export async function seed({ url, adminToken, licenseKey, releaseKey, folder }: SeedOptions): Promise<string> {
  const client = new CatalogClient({ url, credential: adminToken });
  await mkdir(folder, { recursive: true });
  for (const sample of Object.values(SAMPLES)) await publishSample(client, releaseKey, folder, sample);
  if (licenseKey !== null && (await isKnown(client, licenseKey))) return licenseKey;
  const { key } = await client.json(Issued, {
    method: "POST",
    path: "/v1/admin/licenses",
    headers: { "Idempotency-Key": "development-seed" },
    repeatable: true,
    body: { plan: "premium-lifetime", email: "developer@example.com", note: "made by npm start" },
  });
  return key;
}

/** Publishes a sample, unless its version was published before, even with other bytes or withdrawn since. */
async function publishSample(
  client: CatalogClient,
  releaseKey: MinisignSecretKey,
  folder: string,
  { id: workerId, version }: { id: string; version: string },
): Promise<void> {
  const known = await findRelease(client, workerId, version);
  if (known !== null && known.status !== "draft") return;
  const binary = join(folder, `${workerId}-${PLATFORM}`);
  const executable = await sampleWorker({ id: workerId, version });
  await writeFile(binary, executable, { mode: 0o755 });
  const { filename, bytes } = await samplePackage({ id: workerId, version }, executable);
  await writeFile(join(folder, filename), bytes);
  const files = [];
  for (const path of [binary, join(folder, filename)]) {
    files.push(await readReleaseFile(path, { workerId, version, platform: PLATFORM, secretKey: releaseKey }));
  }
  const notes = "A sample of every development catalog.";
  await publishRelease(client, { workerId, version, channel: undefined, notes, files });
}

/** Whether the key is genuine and its license exists, in any state. */
async function isKnown(client: CatalogClient, licenseKey: string): Promise<boolean> {
  try {
    await client.send({ path: "/v1/licenses/me", credential: licenseKey });
    return true;
  } catch (error) {
    const code = problemCode(error);
    if (code === "KEY_INVALID" || code === "LICENSE_NOT_FOUND") return false;
    if (code !== null) return true;
    throw error;
  }
}
