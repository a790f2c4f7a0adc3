import { randomFillSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogClient } from "../src/cli/catalog-client.ts";
import { publishRelease } from "../src/cli/publish/publish.ts";
import { readReleaseFile } from "../src/cli/publish/release-file.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A release with one file for linux-x86_64. */
export type SampleRelease = { workerId: string; version: string; size: number };

/** The downloaded files by size. */
export const SAMPLES = {
  small: { workerId: "llm-worker-rbee-premium-cpu", version: "1.0.0", size: 64 * KIB },
  large: { workerId: "llm-worker-rbee-premium-cuda", version: "1.0.0", size: 64 * MIB },
  larger: { workerId: "llm-worker-rbee-premium-cuda", version: "1.1.0", size: 256 * MIB },
} as const satisfies Record<string, SampleRelease>;

/** Publishes a sample of random bytes like a publisher: signed, uploaded in parts and checked by the service. */
export async function publishSample(
  client: CatalogClient,
  secretKey: MinisignSecretKey,
  { workerId, version, size }: SampleRelease,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-files-"));
  const file = join(folder, `${workerId}-${version}-linux-x86_64`);
  await writeFile(file, randomFillSync(Buffer.allocUnsafe(size)));
  const files = [await readReleaseFile(file, { workerId, version, platform: undefined, secretKey })];
  await publishRelease(client, { workerId, version, channel: undefined, notes: undefined, files });
  await rm(folder, { recursive: true });
}
